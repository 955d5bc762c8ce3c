import { type TypedArray, allocate } from '../core/dtype.js';
import { Philox } from '../core/random.js';
import { type SampleInput, drawSample } from '../core/samples.js';

/** Drawing four million values takes most of a second, and many rows use the same ones in each of their rounds. */
const MOST_BYTES = 256 * 2 ** 20;

const drawn = new Map<string, TypedArray>();
let bytes = 0;

/**
 * Values of input number `index` of a row: always the same. `float64` gives the same values in double precision. The array is
 * the caller's.
 */
export function drawInput(input: SampleInput, index: number, precision: 'float32' | 'float64'): TypedArray {
  const values = input.data ?? randomValues(input, index);
  const copy = allocate(input.dtype === 'int32' ? 'int32' : precision, values.length);
  copy.set(values);
  return copy;
}

function randomValues(input: SampleInput, index: number): TypedArray {
  const key = JSON.stringify([input, index]);
  let values = drawn.get(key);
  if (!values) {
    values = drawSample(input, input.dtype ?? 'float32', new Philox(1, index));
    drawn.set(key, values);
    bytes += values.byteLength;
    forgetOldest();
  }
  return values;
}

function forgetOldest(): void {
  for (const [key, values] of drawn) {
    if (bytes <= MOST_BYTES) return;
    drawn.delete(key);
    bytes -= values.byteLength;
  }
}
