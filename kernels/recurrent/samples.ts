import { type OpSamples, type Sample, type Tolerance, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';

/* Samples of a recurrent cell and of its gradient op, from one list of [batch, hidden]. */

const TOLERANCE: Tolerance = {
  relative: 4e-6, absolute: 4e-7,
  reason: 'WGSL allows exp 3 + 2|x| ULP and division 2.5 ULP; 1 - tanh^2 cancels far out, before a factor of up to 60 in these samples',
};

const CASES: readonly { label: string; state: Shape }[] = [
  { label: 'one unit', state: [1, 1] },
  { label: 'odd extents', state: [3, 5] },
  { label: 'four units', state: [3, 4] },
  { label: 'two vec4s a row', state: [5, 8] },
  { label: 'several workgroups, one by one', state: [19, 7] },
  { label: 'several workgroups, by vec4', state: [33, 12] },
  { label: 'no rows', state: [0, 4] },
];

const BENCH: readonly Shape[] = [[32, 128], [256, 512]];

export interface CellSamples {
  readonly gates: number;
  /** The gradient op takes this many gradients of states first. */
  readonly gradients: number;
  /** The name of the state. */
  readonly state: string;
}

/** Samples of the op `name` and of `nameGrad`. */
export function defineCellSamples(name: string, { gates, gradients, state: stateName }: CellSamples): void {
  const cellOf = (count: number, label: string, [batch, hidden]: Shape): Sample => {
    const state = { shape: [batch, hidden] };
    const pre = { shape: [batch, gates * hidden] };
    return { label, inputs: [...Array<typeof state>(count).fill(state), pre, pre, state] };
  };
  const declare = (op: string, count: number): OpSamples => {
    const cell = (label: string, state: Shape) => cellOf(count, label, state);
    const right = cell('', [2, 3]).inputs;
    const replaced = (at: number, input: Sample['inputs'][number]) => right.with(at, input);
    return {
      samples: [
        ...CASES.map(({ label, state }) => cell(label, state)),
        {
          label: 'gates near zero, where tanh is a series',
          inputs: cell('', [16, 9]).inputs.map((input, i) => (i < count ? input : { ...input, low: -0.08, high: 0.08 })),
        },
        {
          label: 'gates far from zero',
          inputs: replaced(count, { shape: [2, gates * 3], low: -60, high: 60 }).map((input) => ({ ...input, differentiable: false })),
        },
      ],
      errors: [
        {
          label: 'gates of another width', inputs: replaced(count, { shape: [2, 5] }),
          error: 'ShapeError', message: new RegExp(`${op}: inputGates \\[2,5\\] does not fit ${stateName} \\[2,3\\].*\\[2,${gates * 3}\\]`),
        },
        {
          label: 'gates of another batch', inputs: replaced(count + 1, { shape: [1, gates * 3] }),
          error: 'ShapeError', message: new RegExp(`${op}: hiddenGates \\[1,${gates * 3}\\] does not fit`),
        },
        {
          label: 'a state without a batch', inputs: replaced(count + 2, { shape: [3] }),
          error: 'ShapeError', message: new RegExp(`${op}: ${stateName} \\[3\\] must be \\[batch, hidden\\]`),
        },
        {
          label: 'a whole-number state', inputs: replaced(count + 2, { shape: [2, 3], dtype: 'int32' }),
          error: 'DTypeError', message: new RegExp(`${op}: ${stateName} must be a float tensor`),
        },
        {
          label: 'mixed dtypes', inputs: replaced(count, { shape: [2, gates * 3], dtype: 'int32' }),
          error: 'DTypeError', message: new RegExp(`${op}: .*float32 and int32`),
        },
        ...(count === 0 ? [] : [{
          label: 'a gradient of another shape', inputs: replaced(0, { shape: [3, 2] }),
          error: 'ShapeError' as const, message: new RegExp(`${op}: gradH \\[3,2\\] does not fit`),
        }]),
      ],
      tolerance: TOLERANCE,
      bench: BENCH.map((state) => cell(`[${state}]`, state)),
    };
  };
  defineSamples(name, declare(name, 0));
  defineSamples(`${name}Grad`, declare(`${name}Grad`, gradients));
}
