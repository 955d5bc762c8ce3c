import type { Spec } from '../../core/backend.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, type KernelVariants, type Launch, foldGrid, gridFor } from '../../core/webgpu/kernel.js';
import { TILE, packLines } from '../packLines/plan.js';
import { subgroupLanes } from '../subgroups.js';
import convWgsl from './conv2d.wgsl';
import { type Conv2dAttrs, type Conv2dGeometry, conv2dGeometry } from './geometry.js';
import gradWeightWgsl from './gradWeight.wgsl';
import gradWeightSubgroupsWgsl from './gradWeightSubgroups.wgsl';
import onePlaneWgsl from './onePlane.wgsl';
import subgroupsWgsl from './subgroups.wgsl';

/** Places and weights that one invocation computes: as in the shaders. */
const PLACES = 8;
const TAPS = 4;

/** Invocations of a workgroup of conv2d.wgsl and onePlane.wgsl. */
const LANES = 8;

/** Rows that one invocation of `main_3x3` walks down, at most: two more are loaded. */
const RUN_ROWS = 16;

/** Invocations that keep an adapter busy; the sum over the batch is split until there are about as many. */
const BUSY = 8192;

/** Likewise workgroups of gradWeightSubgroups.wgsl, on adapters that run on a CPU. */
const BUSY_SUBGROUPS = 64;

/** Every group has one channel and one filter. */
const isDepthwise = ({ groups, channels, filters }: Conv2dGeometry) => groups > 1 && channels === 1 && filters === 1;

/** 3x3 taps that lie side by side and move on by one place. */
const is3x3 = ({ kernelHeight, kernelWidth }: Conv2dGeometry, { stride, dilation }: Conv2dAttrs) =>
  kernelHeight === 3 && kernelWidth === 3 && [...stride, ...dilation].every((step) => step === 1);

const isPadded = ({ padding }: Conv2dAttrs) => padding.flat().some((zeros) => zeros > 0);

/**
 * `subgroups` hands weights from lane to lane, as adapters on a CPU like it; where a device cannot, and for few channels, which
 * would leave most of its products unused, it is `plain`.
 */
export const conv2dVariants: KernelVariants<Conv2dAttrs> = {
  names: ['plain', 'subgroups'],
  untuned: { software: 'subgroups' },
  bucket: () => 'all',
};

/** The lanes of the subgroups that a call uses; 0 if it does without. `rows` of products must fill half of their 4 rows a lane. */
function lanesFor({ variant, limits }: KernelCall<Conv2dAttrs>, rows: number): 0 | 4 | 8 {
  const lanes = subgroupLanes(limits);
  return variant === 'subgroups' && rows >= 2 * lanes ? lanes : 0;
}

/** How places of `to` that lie `phases` apart meet taps that lie `dilation` apart, along one axis. */
function stepsBack(phases: number, dilation: number): { kernelStep: number; tapStep: number } {
  const kernelStep = phases / gcd(phases, dilation);
  return { kernelStep, tapStep: (-kernelStep * dilation) / phases };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Both directions of a convolution: `from` is the array read, `to` the array written, extents of one group. */
function planConvolution(
  call: KernelCall<Conv2dAttrs>, geometry: Conv2dGeometry, swapped: boolean, bind: Record<string, string>, hasBias: boolean,
): KernelPlan {
  const { attrs } = call;
  const { batch, groups, channels, filters, height, width, outHeight, outWidth, kernelHeight, kernelWidth } = geometry;
  const image = { channels, height, width };
  const result = { channels: filters, height: outHeight, width: outWidth };
  const [from, to] = swapped ? [result, image] : [image, result];
  const { stride, dilation } = attrs;
  const phases = swapped ? stride : [1, 1];
  const sourceSteps = swapped ? [1, 1] : stride;
  const [backY, backX] = [stepsBack(stride[0], dilation[0]), stepsBack(stride[1], dilation[1])];
  const rows = Math.ceil(to.height / phases[0]);
  const columns = Math.ceil(to.width / phases[1]);
  const tapStepX = swapped ? backX.tapStep : dilation[1];
  const overrides = { SWAPPED: swapped, HAS_BIAS: hasBias, RELU: attrs.activation === 'relu' };
  const params = {
    groups,
    source_channels: from.channels,
    source_height: from.height,
    source_width: from.width,
    height: to.height,
    width: to.width,
    kernel_height: kernelHeight,
    kernel_width: kernelWidth,
    padding_y: attrs.padding[0][0],
    padding_x: attrs.padding[1][0],
    dilation_y: dilation[0],
    dilation_x: dilation[1],
    source_step_y: sourceSteps[0],
    source_step_x: sourceSteps[1],
    tap_step_y: swapped ? backY.tapStep : dilation[0],
    tap_step_x: tapStepX,
    kernel_step_y: swapped ? backY.kernelStep : 1,
    kernel_step_x: swapped ? backX.kernelStep : 1,
    phases_y: phases[0],
    phases_x: phases[1],
  };

  if (to.channels === 1) {
    const columnwise = from.channels === 1 && is3x3(geometry, attrs);
    const rowRuns = Math.ceil(columns / PLACES);
    const runRows = columnwise ? Math.min(RUN_ROWS, Math.ceil(rows / Math.max(1, Math.floor(LANES / rowRuns)))) : 1;
    const runs = Math.ceil(rows / runRows) * rowRuns;
    const runAreas = Math.ceil(runs / LANES);
    const planes = batch * groups;
    return {
      launches: [{
        module: onePlaneWgsl,
        entryPoint: columnwise ? 'main_3x3' : 'main',
        bind,
        overrides: { ...overrides, SLIDES: sourceSteps[1] === Math.abs(tapStepX) },
        params: { ...params, planes, runs, run_areas: runAreas, row_runs: rowRuns, run_rows: runRows },
        workgroups: foldGrid(phases[0] * phases[1] * runAreas * planes),
      }],
    };
  }

  const places = batch * rows * columns;
  const runs = Math.ceil(places / PLACES);
  const groupTiles = Math.ceil(to.channels / TILE);
  const tiles = groups * groupTiles;
  const runLanes = tiles === 1 ? LANES : LANES / 2;
  const runAreas = Math.ceil(runs / runLanes);
  const tileAreas = Math.ceil((tiles * runLanes) / LANES);
  const taps = kernelHeight * kernelWidth;
  // Backwards, the weights of a channel of x (a filter of the convolution) are a matrix of their own.
  const { matrices, inner, tileStep, channelStep } = swapped
    ? { matrices: groups * from.channels, inner: taps, tileStep: 2 * taps, channelStep: 2 * groupTiles * taps }
    : { matrices: groups, inner: from.channels * taps, tileStep: 2 * from.channels * taps, channelStep: 2 * taps };
  const packed = packLines({ matrices, lines: to.channels, inner }, { source: 'weight', packed: 'packed' });
  const tiled = {
    bind,
    overrides: { ...overrides, CHECKED: swapped || isPadded(attrs) },
    params: {
      ...params,
      channels: to.channels,
      rows,
      columns,
      places,
      group_tiles: groupTiles,
      tile_step: tileStep,
      channel_step: channelStep,
    },
  };
  const scratch = { packed: packed.array };
  const lanes = lanesFor(call, to.channels);
  if (lanes === 0) {
    return {
      scratch,
      launches: [packed.launch, {
        ...tiled,
        module: convWgsl,
        params: { ...tiled.params, runs, run_lanes: runLanes, run_areas: runAreas, tile_areas: tileAreas },
        workgroups: foldGrid(phases[0] * phases[1] * runAreas * tileAreas),
      }],
    };
  }
  const areas = Math.ceil(places / (PLACES * lanes));
  const blocks = Math.ceil(to.channels / (4 * lanes));
  return {
    scratch,
    launches: [packed.launch, {
      ...tiled,
      module: subgroupsWgsl,
      overrides: { ...tiled.overrides, LANES: lanes },
      params: { ...tiled.params, run_areas: areas, group_blocks: blocks },
      workgroups: foldGrid(phases[0] * phases[1] * areas * groups * blocks),
    }],
  };
}

export function planConv2d(call: KernelCall<Conv2dAttrs>): KernelPlan {
  const { inputs: [x, weight, bias], attrs } = call;
  const geometry = conv2dGeometry('conv2d', x.shape, weight.shape, attrs);
  return planConvolution(call, geometry, false, bias ? {} : { bias: 'weight' }, bias !== undefined);
}

export function planGradInput(call: KernelCall<Conv2dAttrs>): KernelPlan {
  const { inputs: [, weight], outputs: [out], attrs } = call;
  const geometry = conv2dGeometry('conv2dGradInput', out.shape, weight.shape, attrs);
  return planConvolution(call, geometry, true, { x: 'gradient', bias: 'weight' }, false);
}

export function planGradWeight(call: KernelCall<Conv2dAttrs>): KernelPlan {
  const { inputs: [x], outputs: [out], attrs } = call;
  const geometry = conv2dGeometry('conv2dGradWeight', x.shape, out.shape, attrs);
  const { batch, groups, channels, filters, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const depthwise = isDepthwise(geometry);
  const taps = channels * kernelHeight * kernelWidth;
  const filterTiles = Math.ceil(filters / TILE);
  const filterQuads = Math.ceil(filters / 4);
  const tapTiles = Math.ceil((depthwise ? kernelWidth : taps) / TAPS);
  // A workgroup has 4 lanes x 8 lanes products a position: both sides must fill half of theirs.
  const lanes = lanesFor(call, Math.min(filters, taps / 2));
  const filterBlocks = Math.ceil(filters / (4 * lanes));
  const tapBlocks = Math.ceil(taps / (8 * lanes));
  const [entryPoint, tiles] = depthwise
    ? ['main_depthwise', groups * kernelHeight * tapTiles]
    : is3x3(geometry, attrs) ? ['main_3x3', groups * filterQuads * channels] : ['main', groups * filterTiles * tapTiles];
  const wantedSplits = lanes > 0 ? BUSY_SUBGROUPS / (groups * filterBlocks * tapBlocks) : BUSY / tiles;
  const splits = Math.max(1, Math.min(batch, Math.ceil(wantedSplits)));
  const overrides: Record<string, boolean> = depthwise ? { SLIDES: attrs.stride[1] === attrs.dilation[1] } : { PADDED: isPadded(attrs) };
  const params = {
    batch,
    groups,
    channels,
    height: geometry.height,
    width: geometry.width,
    filters,
    out_height: outHeight,
    out_width: outWidth,
    kernel_height: kernelHeight,
    kernel_width: kernelWidth,
    stride_y: attrs.stride[0],
    stride_x: attrs.stride[1],
    padding_y: attrs.padding[0][0],
    padding_x: attrs.padding[1][0],
    dilation_y: attrs.dilation[0],
    dilation_x: attrs.dilation[1],
    filter_tiles: filterTiles,
    splits,
  };
  const common = { module: gradWeightWgsl, overrides, params: { ...params, filter_quads: filterQuads, tap_tiles: tapTiles } };
  const sums: Launch = lanes === 0
    ? { ...common, entryPoint, workgroups: gridFor(tiles * splits, 64) }
    : {
        module: gradWeightSubgroupsWgsl,
        overrides: { ...overrides, LANES: lanes },
        params: { ...params, filter_blocks: filterBlocks, tap_blocks: tapBlocks },
        workgroups: foldGrid(groups * filterBlocks * tapBlocks * splits),
      };
  const merge: Launch = { ...common, entryPoint: 'merge', workgroups: gridFor(sizeOf(out.shape), 64) };
  const shares: Spec = { shape: [splits * sizeOf(out.shape)], dtype: 'float32' };
  if (lanes === 0 && entryPoint !== 'main') return { scratch: { shares }, launches: [sums, merge] };
  const images = { matrices: batch * groups, lines: filters, inner: outHeight * outWidth };
  const packed = packLines(images, { source: 'gradient', packed: 'packed' });
  return { scratch: { packed: packed.array, shares }, launches: [packed.launch, sums, merge] };
}

/** Two flops for every weight at every output position. */
export function costOf(x: Shape, weight: Shape, out: Shape): { flops: number; bytes: number } {
  const perPosition = 2 * sizeOf(weight.slice(1));
  return { flops: sizeOf(out) * perPosition, bytes: 4 * (sizeOf(x) + sizeOf(weight) + sizeOf(out)) };
}
