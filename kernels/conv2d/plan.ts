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

/** A convolution, or its gradient with respect to x (`swapped`): `from` is the array read, `to` the one written. */
interface Direction {
  readonly geometry: Conv2dGeometry;
  readonly swapped: boolean;
  /** Extents of one group. */
  readonly from: { channels: number; height: number; width: number };
  readonly to: { channels: number; height: number; width: number };
  /** Places of `to` that lie so far apart meet the same taps: the stride, going back. */
  readonly phases: readonly [y: number, x: number];
  /** Places of `to` of one phase. */
  readonly rows: number;
  readonly columns: number;
  /** Does the next place of a row read what the next tap reads? */
  readonly slides: boolean;
  readonly bind: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, boolean>>;
  readonly params: Readonly<Record<string, number>>;
}

function directionOf(
  { attrs }: KernelCall<Conv2dAttrs>, geometry: Conv2dGeometry, swapped: boolean, bind: Record<string, string>, hasBias: boolean,
): Direction {
  const { groups, channels, filters, height, width, outHeight, outWidth, kernelHeight, kernelWidth } = geometry;
  const { stride, dilation, padding } = attrs;
  const image = { channels, height, width };
  const result = { channels: filters, height: outHeight, width: outWidth };
  const [from, to] = swapped ? [result, image] : [image, result];
  const phases = swapped ? stride : [1, 1] as const;
  const sourceSteps = swapped ? [1, 1] : stride;
  const [stepsY, stepsX] = [0, 1].map((axis) =>
    swapped ? stepsBack(stride[axis], dilation[axis]) : { kernelStep: 1, tapStep: dilation[axis] });
  return {
    geometry,
    swapped,
    from,
    to,
    phases,
    rows: Math.ceil(to.height / phases[0]),
    columns: Math.ceil(to.width / phases[1]),
    slides: sourceSteps[1] === Math.abs(stepsX.tapStep),
    bind,
    overrides: { SWAPPED: swapped, HAS_BIAS: hasBias, RELU: attrs.activation === 'relu' },
    params: {
      groups,
      source_channels: from.channels,
      source_height: from.height,
      source_width: from.width,
      height: to.height,
      width: to.width,
      kernel_height: kernelHeight,
      kernel_width: kernelWidth,
      padding_y: padding[0][0],
      padding_x: padding[1][0],
      dilation_y: dilation[0],
      dilation_x: dilation[1],
      source_step_y: sourceSteps[0],
      source_step_x: sourceSteps[1],
      tap_step_y: stepsY.tapStep,
      tap_step_x: stepsX.tapStep,
      kernel_step_y: stepsY.kernelStep,
      kernel_step_x: stepsX.kernelStep,
      phases_y: phases[0],
      phases_x: phases[1],
    },
  };
}

/** Where every group of the result has one channel: no weights to share between channels, so runs of places alone. */
function planOnePlane({ attrs }: KernelCall<Conv2dAttrs>, direction: Direction): KernelPlan {
  const { geometry, from, phases, rows, columns, slides, bind, overrides, params } = direction;
  const columnwise = from.channels === 1 && is3x3(geometry, attrs);
  const rowRuns = Math.ceil(columns / PLACES);
  const runRows = columnwise ? Math.min(RUN_ROWS, Math.ceil(rows / Math.max(1, Math.floor(LANES / rowRuns)))) : 1;
  const runs = Math.ceil(rows / runRows) * rowRuns;
  const runAreas = Math.ceil(runs / LANES);
  const planes = geometry.batch * geometry.groups;
  return {
    launches: [{
      module: onePlaneWgsl,
      entryPoint: columnwise ? 'main_3x3' : 'main',
      bind,
      overrides: { ...overrides, SLIDES: slides },
      params: { ...params, planes, runs, run_areas: runAreas, row_runs: rowRuns, run_rows: runRows },
      workgroups: foldGrid(phases[0] * phases[1] * runAreas * planes),
    }],
  };
}

/** Tiles of places by channels of the result, over packed weights: by lanes of a subgroup, or by each invocation for itself. */
function planTiles(call: KernelCall<Conv2dAttrs>, direction: Direction): KernelPlan {
  const { geometry, swapped, from, to, phases, rows, columns, bind, params } = direction;
  const { batch, groups, kernelHeight, kernelWidth } = geometry;
  const places = batch * rows * columns;
  const groupTiles = Math.ceil(to.channels / TILE);
  const taps = kernelHeight * kernelWidth;
  // Backwards, the weights of a channel of x (a filter of the convolution) are a matrix of their own.
  const { matrices, inner, tileStep, channelStep } = swapped
    ? { matrices: groups * from.channels, inner: taps, tileStep: 2 * taps, channelStep: 2 * groupTiles * taps }
    : { matrices: groups, inner: from.channels * taps, tileStep: 2 * from.channels * taps, channelStep: 2 * taps };
  const packed = packLines({ matrices, lines: to.channels, inner }, { source: 'weight', packed: 'packed' });
  const common = {
    bind,
    overrides: { ...direction.overrides, CHECKED: swapped || isPadded(call.attrs) },
    params: { ...params, channels: to.channels, rows, columns, places, group_tiles: groupTiles, tile_step: tileStep, channel_step: channelStep },
  };
  const lanes = lanesFor(call, to.channels);
  let sums: Launch;
  if (lanes > 0) {
    const areas = Math.ceil(places / (PLACES * lanes));
    const blocks = Math.ceil(to.channels / (4 * lanes));
    sums = {
      ...common,
      module: subgroupsWgsl,
      overrides: { ...common.overrides, LANES: lanes },
      params: { ...common.params, run_areas: areas, group_blocks: blocks },
      workgroups: foldGrid(phases[0] * phases[1] * areas * groups * blocks),
    };
  } else {
    const runs = Math.ceil(places / PLACES);
    const tiles = groups * groupTiles;
    const runLanes = tiles === 1 ? LANES : LANES / 2;
    const runAreas = Math.ceil(runs / runLanes);
    const tileAreas = Math.ceil((tiles * runLanes) / LANES);
    sums = {
      ...common,
      module: convWgsl,
      params: { ...common.params, runs, run_lanes: runLanes, run_areas: runAreas, tile_areas: tileAreas },
      workgroups: foldGrid(phases[0] * phases[1] * runAreas * tileAreas),
    };
  }
  return { scratch: { packed: packed.array }, launches: [packed.launch, sums] };
}

function planConvolution(call: KernelCall<Conv2dAttrs>, direction: Direction): KernelPlan {
  return direction.to.channels === 1 ? planOnePlane(call, direction) : planTiles(call, direction);
}

export function planConv2d(call: KernelCall<Conv2dAttrs>): KernelPlan {
  const { inputs: [x, weight, bias], attrs } = call;
  const geometry = conv2dGeometry('conv2d', x.shape, weight.shape, attrs);
  return planConvolution(call, directionOf(call, geometry, false, bias ? {} : { bias: 'weight' }, bias !== undefined));
}

export function planGradInput(call: KernelCall<Conv2dAttrs>): KernelPlan {
  const { inputs: [, weight], outputs: [out], attrs } = call;
  const geometry = conv2dGeometry('conv2dGradInput', out.shape, weight.shape, attrs);
  return planConvolution(call, directionOf(call, geometry, true, { x: 'gradient', bias: 'weight' }, false));
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
  const [entryPoint, tiles] = depthwise
    ? ['main_depthwise', groups * kernelHeight * tapTiles]
    : is3x3(geometry, attrs) ? ['main_3x3', groups * filterQuads * channels] : ['main', groups * filterTiles * tapTiles];
  const blocks = lanes > 0 ? { filter_blocks: Math.ceil(filters / (4 * lanes)), tap_blocks: Math.ceil(taps / (8 * lanes)) } : null;
  const subgroups = blocks && groups * blocks.filter_blocks * blocks.tap_blocks;
  const wantedSplits = subgroups ? BUSY_SUBGROUPS / subgroups : BUSY / tiles;
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
  const sums: Launch = subgroups
    ? {
        module: gradWeightSubgroupsWgsl,
        overrides: { ...overrides, LANES: lanes },
        params: { ...params, ...blocks },
        workgroups: foldGrid(subgroups * splits),
      }
    : { ...common, entryPoint, workgroups: gridFor(tiles * splits, 64) };
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
