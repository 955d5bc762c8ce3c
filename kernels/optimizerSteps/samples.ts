import { type OpSamples, type SampleInput, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';

/** Operands of `shape`: parameter and gradient, then one state for each of `states`, empty where null. */
function operands(shape: Shape, ...states: (Partial<SampleInput> | null)[]): SampleInput[] {
  return [{ shape }, { shape }, ...states.map((state) => (state ? { shape, ...state } : { shape: [0] }))];
}

/** Averages of squares: no less than the square of a mean within +-0.3. */
const SQUARES = { low: 0.1, high: 2 };
const MEANS = { low: -0.3, high: 0.3 };

const FOUR_MILLION: Shape = [1 << 22];
/** The largest weight of the mission's network. */
const DENSE: Shape = [128, 1600];

/** Calls that are wrong for any step op; `states` as in `operands`, for a parameter of [2,3]. */
function wrongOperands(op: string, attrs: object, ...states: (Partial<SampleInput> | null)[]): OpSamples['errors'] {
  const right = operands([2, 3], ...states);
  const withOperand = (at: number, input: SampleInput) => right.map((operand, i) => (i === at ? input : operand));
  return [
    {
      label: 'a gradient of another shape',
      inputs: withOperand(1, { shape: [3, 2] }),
      attrs,
      error: 'ShapeError',
      message: new RegExp(`${op}: gradient has shape \\[3,2\\], the parameter has \\[2,3\\]`),
    },
    {
      label: 'a whole-number gradient',
      inputs: withOperand(1, { shape: [2, 3], dtype: 'int32' }),
      attrs,
      error: 'DTypeError',
      message: new RegExp(`${op}: .*float32 and int32`),
    },
    {
      label: 'a whole-number parameter',
      inputs: withOperand(0, { shape: [2, 3], dtype: 'int32' }),
      attrs,
      error: 'DTypeError',
      message: new RegExp(`${op}: parameter must be a float tensor, got int32`),
    },
  ];
}

const SGD = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 };
const MOMENTUM = { ...SGD, momentum: 0.9, dampening: 0.25, weightDecay: 0.01 };

defineSamples('sgdStep', {
  samples: [
    { label: 'plain', inputs: operands([3, 7], null), attrs: SGD },
    { label: 'weight decay', inputs: operands([4, 16], null), attrs: { ...SGD, weightDecay: 0.3 } },
    { label: 'scalar with momentum', inputs: operands([], {}), attrs: MOMENTUM },
    { label: 'momentum, several workgroups', inputs: operands([5, 131], {}), attrs: MOMENTUM },
    { label: 'Nesterov', inputs: operands([257], {}), attrs: { ...MOMENTUM, dampening: 0, nesterov: true } },
    { label: 'nothing to change', inputs: operands([0, 3], {}), attrs: MOMENTUM },
  ],
  errors: [
    ...wrongOperands('sgdStep', MOMENTUM, {}),
    {
      label: 'no buffer for the momentum',
      inputs: operands([2, 3], null),
      attrs: MOMENTUM,
      error: 'ShapeError',
      message: /sgdStep: momentumBuffer has shape \[0\], the parameter has \[2,3\]/,
    },
    {
      label: 'a buffer, but no momentum',
      inputs: operands([2, 3], {}),
      attrs: SGD,
      error: 'ShapeError',
      message: /sgdStep: momentumBuffer has shape \[2,3\], .* need none/,
    },
  ],
  bench: [
    { label: '4M', inputs: operands(FOUR_MILLION, null), attrs: SGD },
    { label: '4M, momentum', inputs: operands(FOUR_MILLION, {}), attrs: MOMENTUM },
  ],
});

const ADAM = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false, step: 1 };

defineSamples('adamStep', {
  samples: [
    { label: 'first step', inputs: operands([3, 7], { low: 0, high: 0 }, { low: 0, high: 0 }), attrs: ADAM },
    { label: 'scalar, later step', inputs: operands([], {}, SQUARES), attrs: { ...ADAM, step: 1000 } },
    { label: 'weight decay, several workgroups', inputs: operands([5, 131], {}, SQUARES), attrs: { ...ADAM, weightDecay: 0.2, step: 3 } },
    { label: 'AdamW', inputs: operands([257], {}, SQUARES), attrs: { ...ADAM, weightDecay: 0.2, decoupled: true, step: 7 } },
    { label: 'a large eps', inputs: operands([4, 4], {}, SQUARES), attrs: { ...ADAM, eps: 0.5, step: 2 } },
    { label: 'nothing to change', inputs: operands([0], {}, {}), attrs: ADAM },
  ],
  errors: [
    ...wrongOperands('adamStep', ADAM, {}, {}),
    {
      label: 'an average of another shape',
      inputs: operands([2, 3], {}, { shape: [6] }),
      attrs: ADAM,
      error: 'ShapeError',
      message: /adamStep: expAvgSq has shape \[6\], the parameter has \[2,3\]/,
    },
    {
      label: 'steps counted from 0',
      inputs: operands([2, 3], {}, {}),
      attrs: { ...ADAM, step: 0 },
      error: 'ShapeError',
      message: /adamStep: step is 0; count steps from 1/,
    },
  ],
  bench: [
    { label: '4M', inputs: operands(FOUR_MILLION, {}, SQUARES), attrs: ADAM },
    { label: 'dense layer of the CNN', inputs: operands(DENSE, {}, SQUARES), attrs: ADAM },
  ],
});

const RMSPROP = { lr: 0.01, alpha: 0.9, eps: 1e-8, momentum: 0, centered: false, weightDecay: 0 };

defineSamples('rmsPropStep', {
  samples: [
    { label: 'plain', inputs: operands([3, 7], SQUARES, null, null), attrs: RMSPROP },
    { label: 'scalar with weight decay', inputs: operands([], SQUARES, null, null), attrs: { ...RMSPROP, weightDecay: 0.2 } },
    { label: 'momentum, several workgroups', inputs: operands([5, 131], SQUARES, null, {}), attrs: { ...RMSPROP, momentum: 0.5 } },
    { label: 'centred', inputs: operands([257], SQUARES, MEANS, null), attrs: { ...RMSPROP, centered: true } },
    {
      label: 'centred with momentum and weight decay',
      inputs: operands([4, 16], SQUARES, MEANS, {}),
      attrs: { ...RMSPROP, centered: true, momentum: 0.5, weightDecay: 0.2 },
    },
    {
      // The square of the mean is larger than the mean of the squares: possible by rounding only. The root is that of 0.
      label: 'centred, a variance rounded below 0',
      inputs: operands([5], { low: 0, high: 0 }, { low: 2, high: 2 }, null),
      attrs: { ...RMSPROP, centered: true, eps: 1 },
    },
    { label: 'nothing to change', inputs: operands([0], {}, {}, {}), attrs: { ...RMSPROP, centered: true, momentum: 0.5 } },
  ],
  errors: [
    ...wrongOperands('rmsPropStep', RMSPROP, SQUARES, null, null),
    {
      label: 'centred without an average of the gradient',
      inputs: operands([2, 3], SQUARES, null, null),
      attrs: { ...RMSPROP, centered: true },
      error: 'ShapeError',
      message: /rmsPropStep: gradAvg has shape \[0\], the parameter has \[2,3\]/,
    },
  ],
  bench: [
    { label: '4M', inputs: operands(FOUR_MILLION, SQUARES, null, null), attrs: RMSPROP },
    {
      label: '4M, centred with momentum',
      inputs: operands(FOUR_MILLION, SQUARES, MEANS, {}),
      attrs: { ...RMSPROP, centered: true, momentum: 0.5 },
    },
  ],
});

const ADAGRAD = { lr: 0.05, lrDecay: 0, eps: 1e-10, weightDecay: 0, step: 1 };

defineSamples('adagradStep', {
  samples: [
    { label: 'first step', inputs: operands([3, 7], { low: 0, high: 0 }), attrs: ADAGRAD },
    { label: 'scalar, a rate that decays', inputs: operands([], SQUARES), attrs: { ...ADAGRAD, lrDecay: 0.5, step: 7 } },
    { label: 'weight decay, several workgroups', inputs: operands([5, 131], SQUARES), attrs: { ...ADAGRAD, weightDecay: 0.2, step: 3 } },
    { label: 'a large eps', inputs: operands([257], SQUARES), attrs: { ...ADAGRAD, eps: 0.5, step: 2 } },
    { label: 'nothing to change', inputs: operands([0], {}), attrs: ADAGRAD },
  ],
  errors: [
    ...wrongOperands('adagradStep', ADAGRAD, {}),
    {
      label: 'steps counted from 0',
      inputs: operands([2, 3], {}),
      attrs: { ...ADAGRAD, step: 0 },
      error: 'ShapeError',
      message: /adagradStep: step is 0; count steps from 1/,
    },
  ],
  bench: [{ label: '4M', inputs: operands(FOUR_MILLION, SQUARES), attrs: ADAGRAD }],
});

const ADADELTA = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 };

defineSamples('adadeltaStep', {
  samples: [
    { label: 'first step', inputs: operands([3, 7], { low: 0, high: 0 }, { low: 0, high: 0 }), attrs: ADADELTA },
    { label: 'scalar', inputs: operands([], SQUARES, SQUARES), attrs: { ...ADADELTA, lr: 0.5 } },
    { label: 'weight decay, several workgroups', inputs: operands([5, 131], SQUARES, SQUARES), attrs: { ...ADADELTA, weightDecay: 0.2 } },
    { label: 'a large eps', inputs: operands([257], SQUARES, SQUARES), attrs: { ...ADADELTA, eps: 0.5 } },
    { label: 'nothing to change', inputs: operands([0], {}, {}), attrs: ADADELTA },
  ],
  errors: wrongOperands('adadeltaStep', ADADELTA, SQUARES, SQUARES),
  bench: [{ label: '4M', inputs: operands(FOUR_MILLION, SQUARES, SQUARES), attrs: ADADELTA }],
});

const NADAM = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, momentumDecay: 0.004, step: 1 };

defineSamples('nadamStep', {
  samples: [
    { label: 'first step', inputs: operands([3, 7], { low: 0, high: 0 }, { low: 0, high: 0 }), attrs: NADAM },
    { label: 'scalar, later step', inputs: operands([], {}, SQUARES), attrs: { ...NADAM, step: 1000 } },
    { label: 'weight decay, several workgroups', inputs: operands([5, 131], {}, SQUARES), attrs: { ...NADAM, weightDecay: 0.2, step: 3 } },
    { label: 'a large eps, a fast momentum', inputs: operands([257], {}, SQUARES), attrs: { ...NADAM, eps: 0.5, momentumDecay: 0.5, step: 4 } },
    { label: 'nothing to change', inputs: operands([0], {}, {}), attrs: NADAM },
  ],
  errors: [
    ...wrongOperands('nadamStep', NADAM, {}, {}),
    {
      label: 'steps counted from 0',
      inputs: operands([2, 3], {}, {}),
      attrs: { ...NADAM, step: 0 },
      error: 'ShapeError',
      message: /nadamStep: step is 0; count steps from 1/,
    },
  ],
  bench: [{ label: '4M', inputs: operands(FOUR_MILLION, {}, SQUARES), attrs: NADAM }],
});
