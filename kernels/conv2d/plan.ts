import { type Shape, sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, foldGrid, gridFor } from '../../core/webgpu/kernel.js';
import convWgsl from './conv2d.wgsl';
import { type Conv2dAttrs, type Conv2dGeometry, conv2dGeometry } from './geometry.js';
import gradWeightWgsl from './gradWeight.wgsl';

/** Filters (or channels) that one invocation computes, and neighbouring columns or weights: as in the shaders. */
const FILTERS = 8;
const COLUMNS = 4;
const TAPS = 4;

/** Invocations that keep an adapter busy; the sum over the batch is split until there are about as many. */
const BUSY = 8192;

function steps({ stride, padding, dilation }: Conv2dAttrs) {
  return {
    stride_y: stride[0],
    stride_x: stride[1],
    padding_y: padding[0][0],
    padding_x: padding[1][0],
    dilation_y: dilation[0],
    dilation_x: dilation[1],
  };
}

const isPadded = ({ padding }: Conv2dAttrs) => padding.flat().some((zeros) => zeros > 0);

/**
 * The gradient with respect to x as a convolution of the output's gradient with the turned kernel. For strides beyond 1, or
 * padding beyond the kernel's reach, there is none: null.
 */
function asConvolution({ kernelHeight, kernelWidth }: Conv2dGeometry, attrs: Conv2dAttrs): Conv2dAttrs | null {
  const reach = [attrs.dilation[0] * (kernelHeight - 1), attrs.dilation[1] * (kernelWidth - 1)];
  const turned = (axis: 0 | 1): [number, number] => [reach[axis] - attrs.padding[axis][0], reach[axis] - attrs.padding[axis][1]];
  const padding: Conv2dAttrs['padding'] = [turned(0), turned(1)];
  const exists = attrs.stride.every((stride) => stride === 1) && padding.flat().every((zeros) => zeros >= 0);
  return exists ? { ...attrs, padding } : null;
}

/** Both directions of conv2d.wgsl: `from` is the array read, `to` the array written, extents of one group. */
function planConvolution(
  geometry: Conv2dGeometry, given: Conv2dAttrs, swapped: boolean, bind: Record<string, string>, hasBias: boolean,
): KernelPlan {
  const turned = swapped ? asConvolution(geometry, given) : null;
  const attrs = turned ?? given;
  const transposed = swapped && !turned;
  const { batch, groups, channels, filters, height, width, outHeight, outWidth, kernelHeight, kernelWidth } = geometry;
  const image = { channels, height, width };
  const result = { channels: filters, height: outHeight, width: outWidth };
  const [from, to] = swapped ? [result, image] : [image, result];
  const groupTiles = Math.ceil(to.channels / FILTERS);
  const columnTiles = Math.ceil(to.width / COLUMNS);
  const spots = batch * to.height * columnTiles;
  const spotGroups = Math.ceil(spots / 64);
  const packedSize = (groups * groupTiles * from.channels * kernelHeight * kernelWidth * FILTERS) / 4;
  const common = {
    module: convWgsl,
    bind,
    overrides: {
      SWAPPED: swapped,
      FLIPPED: turned !== null,
      TRANSPOSED: transposed,
      HAS_BIAS: hasBias,
      CHECKED: transposed || isPadded(attrs),
      SLIDE: !transposed && attrs.stride[1] === 1 && attrs.dilation[1] === 1 && kernelWidth % 3 === 0,
    },
    params: {
      batch,
      groups,
      source_channels: from.channels,
      source_height: from.height,
      source_width: from.width,
      channels: to.channels,
      height: to.height,
      width: to.width,
      kernel_height: kernelHeight,
      kernel_width: kernelWidth,
      ...steps(attrs),
      group_tiles: groupTiles,
      column_tiles: columnTiles,
      spots,
      spot_groups: spotGroups,
      packed_size: packedSize,
    },
  };
  return {
    scratch: { packed: { shape: [4 * packedSize], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'pack', workgroups: gridFor(packedSize, 64) },
      { ...common, entryPoint: 'main', workgroups: foldGrid(spotGroups * groups * groupTiles) },
    ],
  };
}

export function planConv2d({ inputs: [x, weight, bias], attrs }: KernelCall<Conv2dAttrs>): KernelPlan {
  const geometry = conv2dGeometry('conv2d', x.shape, weight.shape, attrs);
  return planConvolution(geometry, attrs, false, bias ? {} : { bias: 'weight' }, bias !== undefined);
}

export function planGradInput({ inputs: [, weight], outputs: [out], attrs }: KernelCall<Conv2dAttrs>): KernelPlan {
  const geometry = conv2dGeometry('conv2dGradInput', out.shape, weight.shape, attrs);
  return planConvolution(geometry, attrs, true, { x: 'gradient', bias: 'weight' }, false);
}

export function planGradWeight({ inputs: [x], outputs: [out], attrs }: KernelCall<Conv2dAttrs>): KernelPlan {
  const geometry = conv2dGeometry('conv2dGradWeight', x.shape, out.shape, attrs);
  const { batch, groups, channels, filters, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const filterTiles = Math.ceil(filters / FILTERS);
  const tapTiles = Math.ceil((channels * kernelHeight * kernelWidth) / TAPS);
  const slides = kernelHeight === 3 && kernelWidth === 3 && [...attrs.stride, ...attrs.dilation].every((step) => step === 1);
  const tiles = slides ? groups * filterTiles * 2 * channels : groups * filterTiles * tapTiles;
  const splits = Math.max(1, Math.min(batch, Math.ceil(BUSY / tiles)));
  const packedSize = (batch * groups * filterTiles * outHeight * outWidth * FILTERS) / 4;
  const common = {
    module: gradWeightWgsl,
    overrides: { PADDED: isPadded(attrs) },
    params: {
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
      ...steps(attrs),
      filter_tiles: filterTiles,
      tap_tiles: tapTiles,
      splits,
      packed_size: packedSize,
    },
  };
  return {
    scratch: {
      packed: { shape: [4 * packedSize], dtype: 'float32' },
      shares: { shape: [splits * sizeOf(out.shape)], dtype: 'float32' },
    },
    launches: [
      { ...common, entryPoint: 'pack', workgroups: gridFor(packedSize, 64) },
      { ...common, entryPoint: slides ? 'main_3x3' : 'main', workgroups: gridFor(tiles * splits, 64) },
      { ...common, entryPoint: 'merge', workgroups: gridFor(sizeOf(out.shape), 64) },
    ],
  };
}

/** Two flops for every weight at every output position. */
export function costOf(x: Shape, weight: Shape, out: Shape): { flops: number; bytes: number } {
  const perPosition = 2 * sizeOf(weight.slice(1));
  return { flops: sizeOf(out) * perPosition, bytes: 4 * (sizeOf(x) + sizeOf(weight) + sizeOf(out)) };
}
