import { type KernelOp, getOp } from '../../core/op.js';
import { type BenchShape, sizes } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { type KernelCall, type WgslModule, gridFor } from '../../core/webgpu/kernel.js';
import type { Conv2dAttrs } from '../../kernels/conv2d/geometry.js';
import blocksWgsl from './conv2d/blocks.wgsl';
import directWgsl from './conv2d/direct.wgsl';
import implicitBlocksWgsl from './conv2d/implicitBlocks.wgsl';
import implicitGemmWgsl from './conv2d/implicitGemm.wgsl';
import packedWgsl from './conv2d/packed.wgsl';
import type { Ladder, Step } from './ladder.js';

/* Strides and padding, but neither dilation nor groups nor a bias: those are the engine's own kernel's. */

function paramsOf({ inputs: [x, weight], outputs: [out], attrs: { stride, padding } }: KernelCall<Conv2dAttrs>) {
  const [filters, channels, kernelHeight, kernelWidth] = weight.shape;
  return {
    channels, height: x.shape[2], width: x.shape[3], filters, kernel_height: kernelHeight, kernel_width: kernelWidth,
    out_height: out.shape[2], out_width: out.shape[3], stride_y: stride[0], stride_x: stride[1], padding_y: padding[0][0], padding_x: padding[1][0],
  };
}

/** Runs of four columns by tiles of filters, an invocation each. */
function tilesOf({ outputs: [out] }: KernelCall<Conv2dAttrs>, filters: number) {
  const [batch, allFilters, height, width] = out.shape;
  const runs = Math.ceil(width / 4);
  const filterTiles = Math.ceil(allFilters / filters);
  return { runs, filter_tiles: filterTiles, tiles: runs * height * filterTiles * batch };
}

/** As a product of [filters, taps] and [taps, positions]: a workgroup computes a square of it. */
function implicitStep(module: WgslModule, block: number): Step {
  return {
    module,
    plan(call: KernelCall<Conv2dAttrs>) {
      const [batch, filters, height, width] = call.outputs[0].shape;
      const positions = batch * height * width;
      const params = { ...paramsOf(call), positions };
      return { launches: [{ module, params, workgroups: [Math.ceil(positions / block), Math.ceil(filters / block), 1] }] };
    },
  };
}

type Extents = Record<'batch' | 'channels' | 'height' | 'width' | 'filters', number>;

function layer({ batch, channels, height, width, filters }: Extents, kernel = [3, 3], more: Partial<Conv2dAttrs> = {}): BenchShape {
  return {
    label: `[${batch}, ${channels}, ${height}, ${width}], ${filters} filters ${kernel.join('x')}`,
    inputs: [{ shape: [batch, channels, height, width] }, { shape: [filters, channels, ...kernel] }],
    attrs: { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1, ...more } satisfies Conv2dAttrs,
  };
}

export const conv2dLadder: Ladder = {
  name: 'conv2d',
  op: getOp('conv2d') as KernelOp<any>,
  unit: 'GFLOP/s',
  shapes: sizes([{ batch: 16, channels: 32, height: 26, width: 26, filters: 64 }], (extents) => layer(extents)),
  samples: [
    layer({ batch: 1, channels: 2, height: 4, width: 6, filters: 2 }),
    layer({ batch: 1, channels: 1, height: 3, width: 3, filters: 1 }),
    layer({ batch: 2, channels: 3, height: 6, width: 7, filters: 5 }),
    layer({ batch: 2, channels: 2, height: 5, width: 9, filters: 9 }, [1, 1]),
    layer({ batch: 1, channels: 5, height: 8, width: 11, filters: 17 }, [3, 2], { padding: [[1, 2], [0, 1]] }),
    layer({ batch: 3, channels: 2, height: 9, width: 8, filters: 65 }, [2, 3], { stride: [2, 3], padding: [[2, 0], [1, 1]] }),
  ],
  steps: [
    {
      module: directWgsl,
      plan(call) {
        const size = sizeOf(call.outputs[0].shape);
        return { launches: [{ module: directWgsl, params: { ...paramsOf(call), size }, workgroups: gridFor(size, 64) }] };
      },
    },
    {
      module: blocksWgsl,
      plan(call) {
        const params = { ...paramsOf(call), ...tilesOf(call, 4) };
        return { launches: [{ module: blocksWgsl, params, workgroups: gridFor(params.tiles, 64) }] };
      },
    },
    {
      module: packedWgsl,
      plan(call) {
        const params = { ...paramsOf(call), ...tilesOf(call, 8) };
        const packed = params.filter_tiles * 8 * sizeOf(call.inputs[1].shape.slice(1));
        return {
          scratch: { packed: { shape: [packed], dtype: 'float32' } },
          launches: [
            { module: packedWgsl, entryPoint: 'pack', params, workgroups: gridFor(packed / 4, 64) },
            { module: packedWgsl, params, workgroups: gridFor(params.tiles, 64) },
          ],
        };
      },
    },
    implicitStep(implicitGemmWgsl, 16),
    implicitStep(implicitBlocksWgsl, 64),
  ],
};
