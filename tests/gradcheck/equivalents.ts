/** Mutants that change nothing that a check could see, each with its reason. */
export interface Equivalent {
  /** Part of the op's or the file's name. */
  where: RegExp;
  /** Matches `kind` of a vjp mutant, or the mutated source line. */
  what: RegExp;
  /** WGSL only: what was done. */
  kind?: RegExp;
  reason: string;
}

export const EQUIVALENTS: readonly Equivalent[] = [
  { where: /^pad$/, what: /^padding\[\d\]\[1\]/, reason: 'the vjp needs only what was added before: the rest follows from the input\'s shape' },
  { where: /^avgPool2dGrad$/, what: /^inputShape/, reason: 'handed on to avgPool2d with the other settings, which does not look at it' },
  { where: /^maxPool2d$/, what: /^countIncludePad/, reason: 'handed on with the other settings; only averages count padding' },
  { where: /^reluGrad$/, what: /^gradient of input 1/, reason: 'the gradient for y is zero everywhere: y decides only by its sign' },
  { where: /^permute$/, what: /^axes\[7\]/, reason: 'the axis that is not found becomes -1, which is the last one: the right one here' },
  { where: /upsample2d\.wgsl$/, what: /^let least/, kind: /operator/, reason: 'starts at an output or two that look elsewhere, and weigh nothing' },
  { where: /\.wgsl$/, what: /^override /, reason: 'a default that no launch uses: each gives its own value' },
  {
    where: /\.wgsl$/,
    what: /^if \(\w+( \* 4u)? (<|>=) params\.(vectors|size|outputs|groups|rows|lines|count)/,
    kind: /comparison|operator|constant/,
    reason: 'a guard against surplus invocations: they would write past the end, where WebGPU drops the write or the padding lies',
  },
  {
    where: /\.wgsl$/,
    what: /let \w+ = \(\(group\.z \* grid\.y \+ group\.y\) \* grid\.x \+ group\.x\)/,
    kind: /operator/,
    reason: 'folds a grid of more than 65,535 workgroups, which only the axis `fold` of the suite launches',
  },
  {
    where: /(unary|Cell)\.wgsl$/,
    what: /^return select\(\w+\(1\.0\), t, v < \w+\(0\.0\)\)/,
    kind: /comparison/,
    reason: 'sigmoid at 0: t is 1 there, so both branches are',
  },
  {
    where: /(unary|Cell)\.wgsl$/,
    what: /^return select\(far, near, abs\(v\) < \w+\(0\.1\)\)/,
    kind: /comparison|constant/,
    reason: 'where tanh changes from one formula to the other: both are good to rounding around there',
  },
];

export function equivalenceOf(where: string, what: string, kind = ''): string | null {
  return EQUIVALENTS.find((rule) => rule.where.test(where) && rule.what.test(what) && (rule.kind?.test(kind) ?? true))?.reason ?? null;
}
