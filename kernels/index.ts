export { full, ones, zeros } from './fill/op.js';
export { reshape } from './reshape/op.js';
export { cast } from './cast/op.js';
export { add, div, eq, ge, gt, le, lt, maximum, minimum, mul, ne, pow, sub } from './binary/op.js';
export type { Operand } from './binary/operand.js';
export { where } from './where/op.js';
export {
  abs, ceil, clamp, cos, elu, erf, exp, floor, gelu, leakyRelu, log, neg, reciprocal, relu, round, rsqrt, sigmoid, sign, silu, sin,
  softplus, sqrt, square, tanh,
} from './unary/op.js';
export { linear, matmul } from './matmul/op.js';
export { conv2d } from './conv2d/op.js';
export { avgPool2d, maxPool2d, maxPool2dWithIndices } from './pool/op.js';
export { logSoftmax, softmax } from './softmax/op.js';
export { crossEntropy } from './crossEntropy/op.js';
export { batchNorm, type BatchNormOptions } from './batchNorm/op.js';
export { layerNorm, type LayerNormOptions } from './layerNorm/op.js';
export { groupNorm, type GroupNormOptions } from './groupNorm/op.js';
export { argmax, argmin, logSumExp, max, mean, min, std, sum, variance } from './reduce/op.js';
export { assign } from './assign/op.js';
export { adadeltaStep, adagradStep, adamStep, nadamStep, rmsPropStep, sgdStep } from './optimizerSteps/op.js';
export { gather } from './gather/op.js';
export { scatterAdd } from './scatterAdd/op.js';
export { indexSelect } from './indexSelect/op.js';
export { embedding } from './embedding/op.js';
export { oneHot } from './oneHot/op.js';
export { arange } from './arange/op.js';
export { rand, randInt, randn } from './random/op.js';
export { dropout } from './dropout/op.js';
export { permute, transpose } from './permute/op.js';
export { expand } from './expand/op.js';
export { flip } from './flip/op.js';
export { narrow, slice, split } from './slice/op.js';
export type { SliceRange } from './slice/ranges.js';
export { concat, stack } from './concat/op.js';
export { pad, type PadOptions, type Padding } from './pad/op.js';
import './tuning/index.js';
