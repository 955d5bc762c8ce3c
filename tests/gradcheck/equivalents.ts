/** Mutants of one place that no check notices, and why. */
interface Place {
  /** The op's name, or the end of the shader's path. */
  where: string;
  /** What was done to a vjp, or the line of WGSL as the mutant has it. */
  what: RegExp | string;
  reason: string;
}

const SIGMOID_AT_0 = 'sigmoid at 0: t is 1 there, so both branches are';
const TANH_CHANGES = 'where tanh changes from one formula to the other: both are good to rounding around there';

/** They change nothing that a check could see. */
const EQUIVALENT: readonly Place[] = [
  { where: 'pad', what: /^padding\[\d\]\[1\]/, reason: 'the vjp needs only what was added before: the rest follows from the input\'s shape' },
  { where: 'avgPool2dGrad', what: /^inputShape/, reason: 'handed on to avgPool2d with the other settings, which does not look at it' },
  { where: 'maxPool2d', what: /^countIncludePad/, reason: 'handed on with the other settings; only averages count padding' },
  { where: 'reluGrad', what: /^gradient of input 1/, reason: 'the gradient for y is zero everywhere: y decides only by its sign' },
  { where: 'upsample2d.wgsl', what: /^line \d+, operator: .*, now: let least/, reason: 'starts at an output or two that look elsewhere, and weigh nothing' },
  { where: 'unary.wgsl', what: /, now: return select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'unary.wgsl', what: /, now: return select\(far, near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'gruCell.wgsl', what: /, now: return select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'gruCell.wgsl', what: /, now: return select\(far, near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'lstmCell.wgsl', what: /, now: return select\(\w+\(1\.0\), t, v <= \w+\(0\.0\)\)/, reason: SIGMOID_AT_0 },
  { where: 'lstmCell.wgsl', what: /, now: return select\(far, near, abs\(v\) <=? \w+\(0\.1(01)?\)\)/, reason: TANH_CHANGES },
  { where: 'indexSelectGrad.wgsl', what: 'while (k <= params.count) {', reason: 'ends some chains with count + 1 instead of count; either ends the loop of main' },
  { where: 'crossEntropy.wgsl', what: 'return bitcast<f32>(0x7fc00000u | (params.samples | 1u));', reason: 'NaN whatever its low bits are' },
  { where: 'crossEntropy.wgsl', what: 'return bitcast<f32>(0x7fc00000u | (params.samples & 2u));', reason: 'NaN whatever its low bits are' },
  { where: 'scatterAdd.wgsl', what: 'var position = 1u;', reason: 'the loop writes it before anything reads it: one of the axes is the axis' },
  { where: 'permute', what: /^axes\[7\]/, reason: 'the axis that is not found becomes -1, which is the last one: the right one here' },
];

const INFINITY = 'takes infinity for NaN as well: WGSL may assume that there is neither, so no sample has infinity';
const NEGATIVE_LOG = 'the logarithm of a negative number, which WGSL leaves open: SwiftShader takes the sign off';

/** They change something that could be seen, and survive all the same. */
const SURVIVORS: readonly Place[] = [
  { where: 'cast.wgsl', what: /now: let is_nan = .* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'unary.wgsl', what: /now: return \(bitcast.* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'binary.wgsl', what: /now: return \(bitcast.* >= vec4u\(0x7f800000u\);$/, reason: INFINITY },
  { where: 'reduce.wgsl', what: /now: return \(bitcast.* >= 0x7f800000u;$/, reason: INFINITY },
  { where: 'pool2d.wgsl', what: /now: return \(bitcast.* >= 0x7f800000u;$/, reason: INFINITY },
  { where: 'crossEntropy.wgsl', what: 'sum -= exp(score);', reason: NEGATIVE_LOG },
];

function matches(pattern: RegExp | string, what: string): boolean {
  return typeof pattern === 'string' ? what.endsWith(`, now: ${pattern}`) : pattern.test(what);
}

function find(places: readonly Place[], where: string, what: string): string | null {
  return places.find((place) => (where === place.where || where.endsWith(`/${place.where}`)) && matches(place.what, what))?.reason ?? null;
}

/** Why a mutant is no mutant; null if it is one. */
export function equivalenceOf(where: string, what: string): string | null {
  return find(EQUIVALENT, where, what);
}

/** Why a survivor survives, if that is known. */
export function survivalOf(where: string, what: string): string | null {
  return find(SURVIVORS, where, what);
}
