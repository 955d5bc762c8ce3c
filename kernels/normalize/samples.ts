import { type BenchShape, type ErrorSample, type Sample, type Tolerance, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';

/* Samples of a normalisation and of its gradient op, from one list of cases. */

export const NORMALIZE_TOLERANCE: Tolerance = {
  relative: 4e-6,
  absolute: 4e-6,
  reason: 'float32 statistics of some hundreds of values, divided by their root and subtracted from the values',
};

export interface NormalizeCase {
  readonly label: string;
  readonly x: Shape;
  /** Given values of x. */
  readonly data?: readonly number[];
  /** What is left out. Default: nothing. */
  readonly without?: 'weight' | 'bias';
  readonly attrs?: object;
}

export interface NormalizeSamples {
  readonly attrs: object;
  /** The shape of weight and bias. */
  parameters(x: Shape, attrs: any): Shape;
  readonly cases: readonly NormalizeCase[];
  readonly bench: readonly NormalizeCase[];
  /** Calls of x that no layout fits. */
  readonly misfits: readonly (NormalizeCase & { message: RegExp })[];
}

/** Samples of the op `name` and of `nameGrad`. */
export function defineNormalizeSamples(name: string, { attrs: defaults, parameters, cases, bench, misfits }: NormalizeSamples): void {
  const attrsOf = ({ attrs }: NormalizeCase) => ({ ...defaults, ...attrs });
  const forward = (sample: NormalizeCase): Sample & BenchShape => {
    const parameter = { shape: parameters(sample.x, attrsOf(sample)) };
    const given = sample.without === 'weight' ? [] : sample.without === 'bias' ? [parameter] : [parameter, parameter];
    return { label: sample.label, inputs: [{ shape: sample.x, data: sample.data }, ...given], attrs: attrsOf(sample) };
  };
  const backward = (sample: NormalizeCase): Sample & BenchShape => {
    const [x, weight] = forward(sample).inputs;
    return { label: sample.label, inputs: weight ? [{ shape: sample.x }, x, weight] : [{ shape: sample.x }, x], attrs: attrsOf(sample) };
  };
  const misfitsOf = (op: string, call: (sample: NormalizeCase) => Sample): ErrorSample[] =>
    misfits.map((sample) => ({ ...call(sample), error: 'ShapeError', message: new RegExp(`${op}: ${sample.message.source}`) }));

  const right = cases[0];
  const [x, parameter] = forward(right).inputs;
  const wrong = { shape: [...parameter.shape, 2] };
  const wrongShape = (op: string, argument: string) => new RegExp(`${op}: ${argument} \\[.*\\] does not fit x \\[${x.shape}\\]`);
  const attrs = attrsOf(right);
  const common = (op: string, inputs: Sample['inputs']): ErrorSample[] => [
    {
      label: 'int32',
      inputs: inputs.map((input) => ({ ...input, dtype: 'int32' })),
      attrs,
      error: 'DTypeError',
      message: new RegExp(`${op}: x must be a float tensor, got int32`),
    },
    {
      label: 'a negative eps',
      inputs,
      attrs: { ...attrs, eps: -1 },
      error: 'TapegradError',
      message: new RegExp(`${op}: eps must not be negative`),
    },
  ];

  defineSamples(name, {
    samples: cases.map(forward),
    errors: [
      ...misfitsOf(name, forward),
      ...common(name, [x]),
      { label: 'a weight that does not fit', inputs: [x, wrong], attrs, error: 'ShapeError', message: wrongShape(name, 'weight') },
      { label: 'a bias that does not fit', inputs: [x, parameter, wrong], attrs, error: 'ShapeError', message: wrongShape(name, 'bias') },
      {
        label: 'an int32 weight',
        inputs: [x, { ...parameter, dtype: 'int32' }],
        attrs,
        error: 'DTypeError',
        message: new RegExp(`${name}: inputs have dtypes float32 and int32`),
      },
    ],
    tolerance: NORMALIZE_TOLERANCE,
    bench: bench.map(forward),
  });

  const gradName = `${name}Grad`;
  defineSamples(gradName, {
    samples: cases.filter(({ without }) => without !== 'bias').map(backward),
    errors: [
      ...misfitsOf(gradName, backward),
      ...common(gradName, [x, x]),
      {
        label: 'a gradient of another shape',
        inputs: [{ shape: [...x.shape, 1] }, x],
        attrs,
        error: 'ShapeError',
        message: wrongShape(gradName, 'gradient'),
      },
      { label: 'a weight that does not fit', inputs: [x, x, wrong], attrs, error: 'ShapeError', message: wrongShape(gradName, 'weight') },
    ],
    tolerance: NORMALIZE_TOLERANCE,
    bench: bench.map(backward),
  });
}
