import { type Spec } from '../core/backend.js';
import { type Cost, type CpuOperand, type KernelOp } from '../core/op.js';
import type { AdapterFamily } from '../core/webgpu/adapter.js';
import { type Launch, type WgslModule, gridFor } from '../core/webgpu/kernel.js';
import copyRunWgsl from './probes/copyRun.wgsl';
import copyScalarWgsl from './probes/copyScalar.wgsl';
import copyVectorWgsl from './probes/copyVector.wgsl';
import fmaOuterWgsl from './probes/fmaOuter.wgsl';
import fmaScalarWgsl from './probes/fmaScalar.wgsl';
import fmaVectorWgsl from './probes/fmaVector.wgsl';
import readVectorWgsl from './probes/readVector.wgsl';
import writeVectorWgsl from './probes/writeVector.wgsl';
import { freeWalk } from '../kernels/runs.js';
import { type Row, rowOf } from './rows.js';

/*
 * What the device can do at most, found by kernels that do nothing else. They are ops like all others, with a CPU reference
 * that they must agree with, but not registered. Which instruction mix is fastest depends on the compiler, so several are tried.
 */

const LANES = 64;
const vjp = { notDifferentiable: 'a probe of speed' };
const vectorsOf = ({ shape: [size] }: Spec): number => size / 4;

interface FmaAttrs {
  size: number;
  steps: number;
}

interface FmaMix {
  readonly name: string;
  readonly module: WgslModule;
  readonly overrides?: Launch['overrides'];
  /** f32 values that an invocation writes, and multiply-adds that it makes a step. */
  readonly width: 1 | 4;
  readonly multiplyAdds: number;
  /** Element `lane` of what an invocation with index % 4 = `start` writes. */
  result(start: number, lane: number, steps: number): number;
}

const A = -0.75;
const B = 0.5;

/** x <- x * A + B, `steps` times, from `count` starts that `apart` lie apart; summed. */
function chains(first: number, count: number, apart: number, steps: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) {
    let x = first + k * apart;
    for (let i = 0; i < steps; i++) x = x * A + B;
    sum += x;
  }
  return sum;
}

/** The outer products cancel every four steps, and `steps` is a multiple: all sums are what they were. */
const FMA_MIXES: readonly FmaMix[] = [
  {
    name: 'fma vec4', module: fmaVectorWgsl, overrides: { FUSED: true }, width: 4, multiplyAdds: 32,
    result: (start, lane, steps) => chains(start + lane, 8, 4, steps),
  },
  {
    name: 'multiply and add vec4', module: fmaVectorWgsl, overrides: { FUSED: false }, width: 4, multiplyAdds: 32,
    result: (start, lane, steps) => chains(start + lane, 8, 4, steps),
  },
  {
    name: 'fma f32', module: fmaScalarWgsl, width: 1, multiplyAdds: 16,
    result: (start, _lane, steps) => chains(start, 16, 1, steps),
  },
  { name: 'outer products of vec4', module: fmaOuterWgsl, width: 4, multiplyAdds: 64, result: (start) => 16 * start },
];

function fmaOp({ name, module, overrides, width, multiplyAdds, result }: FmaMix): KernelOp<FmaAttrs> {
  return {
    name: `probe ${name}`,
    inputs: [],
    vjp,
    infer: (_inputs, { size }) => [{ shape: [size], dtype: 'float32' }],
    cpu(_inputs, [out], { steps }) {
      const period = Array.from({ length: 4 * width }, (_, i) => result(Math.floor(i / width), i % width, steps));
      for (let i = 0; i < out.data.length; i++) out.data[i] = period[i % period.length];
    },
    kernel({ attrs: { size, steps } }) {
      const count = size / width;
      const params = { steps, [width === 4 ? 'vectors' : 'elements']: count, a: A, b: B };
      return { launches: [{ module, overrides, params, workgroups: gridFor(count, LANES) }] };
    },
    cost: (_inputs, [out], { steps }) => ({ flops: ((2 * multiplyAdds * out.shape[0]) / width) * steps, bytes: 4 * out.shape[0] }),
  };
}

/** Rows that find the most multiply-adds: a software adapter is busy with a thousandth of what fills a large GPU. */
export function fmaRows(family: AdapterFamily): Row[] {
  const [invocations, steps] = family === 'software' ? [1 << 14, 64] : [1 << 19, 1024];
  return FMA_MIXES.map((mix) => rowOf(fmaOp(mix), { label: `${invocations} x ${steps}`, inputs: [], attrs: { size: invocations * mix.width, steps } }));
}

interface MemoryMix {
  readonly name: string;
  /** `copy` decides the roofline; the others only show what would be too fast to be true. */
  readonly kind: 'copy' | 'read' | 'write';
  /** Does an invocation read neighbours? Else invocations do. */
  readonly neighbours?: boolean;
  launch(out: Spec): Launch;
}

const WRITTEN = 0.5;

/** The walk of the engine's own elementwise kernels where an adapter runs on a CPU, and one whose runs lie apart. */
const { run, abreast } = freeWalk();
const WALKS = [{ name: `${run} neighbours`, run, abreast: 1 }, { name: `${run}, ${abreast} abreast`, run, abreast }];

/** Vec4s that one invocation of the read probe adds up. */
const READ = 64;

const MEMORY_MIXES: readonly MemoryMix[] = [
  {
    name: 'copy f32', kind: 'copy',
    launch: ({ shape: [elements] }) => ({ module: copyScalarWgsl, params: { elements }, workgroups: gridFor(elements, LANES) }),
  },
  ...[1, 4].map((each): MemoryMix => ({
    name: each === 1 ? 'copy vec4' : `copy ${each} vec4`, kind: 'copy',
    launch: (out) => ({
      module: copyVectorWgsl, overrides: { EACH: each }, params: { vectors: vectorsOf(out) }, workgroups: gridFor(vectorsOf(out), LANES * each),
    }),
  })),
  ...WALKS.map(({ name, run, abreast }): MemoryMix => ({
    name: `copy ${name}`, kind: 'copy',
    launch: (out) => ({
      module: copyRunWgsl, overrides: { ABREAST: abreast }, params: { vectors: vectorsOf(out), run },
      workgroups: gridFor(Math.ceil(vectorsOf(out) / run), LANES),
    }),
  })),
  ...[false, true].map((neighbours): MemoryMix => ({
    name: neighbours ? 'read neighbours' : 'read vec4', kind: 'read', neighbours,
    launch: (out) => {
      const vectors = vectorsOf(out);
      const [spread, apart] = neighbours ? [READ, 1] : [1, vectors];
      return { module: readVectorWgsl, params: { vectors, spread, apart }, workgroups: gridFor(vectors, LANES) };
    },
  })),
  ...[{ name: 'vec4', run: 1, abreast: 1 }, ...WALKS].map(({ name, run, abreast }): MemoryMix => ({
    name: `write ${name}`, kind: 'write',
    launch: (out) => ({
      module: writeVectorWgsl, overrides: { ABREAST: abreast }, params: { vectors: vectorsOf(out), value: WRITTEN, run },
      workgroups: gridFor(Math.ceil(vectorsOf(out) / run), LANES),
    }),
  })),
];

function memoryOp({ name, kind, neighbours, launch }: MemoryMix): KernelOp<{ size: number }> {
  const outSize = (size: number) => (kind === 'read' ? size / READ : size);
  return {
    name: `probe ${name}`,
    inputs: kind === 'write' ? [] : ['x'],
    vjp,
    infer: (_inputs, { size }) => [{ shape: [outSize(size)], dtype: 'float32' }],
    cpu([x], [out]) {
      if (kind === 'copy') out.data.set(x.data);
      else if (kind === 'write') out.data.fill(WRITTEN);
      else sums(x, out, neighbours);
    },
    kernel: ({ outputs: [out] }) => ({ launches: [launch(out)] }),
    cost: (inputs, outputs): Cost => ({ flops: 0, bytes: [...inputs, ...outputs].reduce((total, { shape: [size] }) => total + 4 * size, 0) }),
  };
}

/** x as [READ, vectors of out, 4] or, where an invocation reads neighbours, [vectors of out, READ, 4], summed over READ. */
function sums(x: CpuOperand, out: CpuOperand, neighbours = false): void {
  const width = out.data.length;
  for (let i = 0; i < width; i++) {
    const lane = i % 4;
    const [first, step] = neighbours ? [(i - lane) * READ + lane, 4] : [i, width];
    let sum = 0;
    for (let k = 0; k < READ; k++) sum += x.data[first + k * step];
    out.data[i] = sum;
  }
}

/** Bytes that a copy reads, from what fits the nearest cache to what fits none (the caches of large GPUs hold 50 MB and more). */
const copyBytes = (family: AdapterFamily) => [2 ** 18, 2 ** 21, family === 'software' ? 2 ** 24 : 2 ** 26];

export interface MemoryRow {
  readonly row: Row;
  readonly kind: MemoryMix['kind'];
  /** What it reads, or writes if it reads nothing. */
  readonly bytes: number;
}

/** Rows that find the most bytes a second at each size. */
export function memoryRows(family: AdapterFamily): MemoryRow[] {
  return copyBytes(family).flatMap((bytes) => MEMORY_MIXES.map((mix) => {
    const size = bytes / 4;
    const inputs = mix.kind === 'write' ? [] : [{ shape: [size] }];
    return { kind: mix.kind, bytes, row: rowOf(memoryOp(mix), { label: `${bytes / 1024} KiB`, inputs, attrs: { size } }) };
  }));
}

/** A copy of 16 bytes: one dispatch, and next to nothing besides. */
export const smallestRow: Row = rowOf(memoryOp(MEMORY_MIXES.find(({ name }) => name === 'copy vec4')!), {
  label: '16 bytes', inputs: [{ shape: [4] }], attrs: { size: 4 },
});
