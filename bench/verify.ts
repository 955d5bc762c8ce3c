import { type TypedArray, allocate } from '../core/dtype.js';
import { inputNames, outputNames } from '../core/op.js';
import { sizeOf } from '../core/shape.js';
import { attrsFor, distance, toleranceOf } from '../tests/support.js';
import { drawInput } from './inputs.js';
import type { PreparedCall } from './preparedCall.js';
import type { Row } from './rows.js';

/** What a call should leave behind, by the CPU reference in float64. */
export interface Expected {
  /** As they are after the call: optimiser steps change theirs. */
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly TypedArray[];
}

export function expectedOf({ op, shape: bench }: Row): Expected {
  const attrs = attrsFor(bench, 'float64');
  const inputs = bench.inputs.map((input, i) => ({ shape: input.shape, data: drawInput(input, i, 'float64') }));
  const specs = inputs.map(({ shape }, i) => ({ shape, dtype: bench.inputs[i].dtype === 'int32' ? 'int32' as const : 'float64' as const }));
  const outputs = op.infer(specs, attrs).map(({ shape, dtype }) => ({ shape, data: allocate(dtype, sizeOf(shape)) }));
  op.cpu(inputs, outputs, attrs);
  return { inputs: inputs.map(({ data }) => data), outputs: outputs.map(({ data }) => data) };
}

/** How a call compares with the reference. */
export interface Verdict {
  /** The largest error as a share of what the op's tolerance allows; above 1 the kernel is wrong. JSON has no infinity: null. */
  readonly worst: number | null;
  /** Where and how the kernel is wrong; null if it is right. */
  readonly problem: string | null;
}

/** Compares what one execution of the call has left behind. */
export async function verify(call: PreparedCall, row: Row, expected: Expected): Promise<Verdict> {
  const actual = await call.read();
  const tolerance = row.tolerance ?? toleranceOf(row.op);
  let worst = 0;
  for (const kind of ['outputs', 'inputs'] as const) {
    const names = kind === 'outputs' ? outputNames(row.op, actual.outputs.length) : inputNames(row.op, actual.inputs.length);
    for (const [i, values] of actual[kind].entries()) {
      const { ratio, index, allowed } = distance(values, expected[kind][i], tolerance);
      if (ratio > 1) {
        const problem = `${names[i]}[${index}] is ${values[index]}, the CPU in float64 has ${expected[kind][i][index]} (allowed: ${allowed.toPrecision(2)} apart)`;
        return { worst: Number.isFinite(ratio) ? ratio : null, problem };
      }
      worst = Math.max(worst, ratio);
    }
  }
  return { worst, problem: null };
}

/**
 * A hash of what a call's last runs left in its outputs: the same however often it ran, unless the kernel has a race or leaves something
 * behind. Null for an op that changes its inputs, as the next run starts from others.
 */
export async function bitsOf(call: PreparedCall, { op }: Row): Promise<string | null> {
  if (op.mutates) return null;
  const hashes = (await call.lastOutputs()).map((outputs) => outputs.map(hashOfBits).join());
  return [...new Set(hashes)].join(' and ');
}

/** MurmurHash3 (Appleby) of 32-bit words without its finish, in hexadecimal. Signs and exponents reach every bit, unlike in FNV. */
export function hashOfBits({ buffer, byteOffset, byteLength }: TypedArray): string {
  let hash = byteLength;
  for (const word of new Uint32Array(buffer, byteOffset, byteLength / 4)) {
    const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    hash = (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by));
