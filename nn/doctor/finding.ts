/** What can be wrong with a model, or with how it learns. */
export type Problem =
  | 'not finite' | 'unused parameters' | 'dead units' | 'saturated units' | 'vanishing gradients' | 'exploding gradients' | 'bad initial loss'
  | 'overfitting';

/** One thing that is wrong. */
export interface Finding {
  problem: Problem;
  /** The layer, parameter or source, by the name it has in the model. */
  where: string;
  /** The numbers that say so. */
  evidence: string;
  /** What to try. */
  advice: string;
}

/** All that was found, to be read by a program or, as text, by a person. */
export class Diagnosis {
  constructor(readonly findings: readonly Finding[]) {}

  toString(): string {
    if (this.findings.length === 0) return 'nothing found';
    const alike = (a: Finding, b: Finding) => a.problem === b.problem && a.advice === b.advice;
    const first = this.findings.filter((finding, i) => this.findings.findIndex((other) => alike(finding, other)) === i);
    return first.map((kind) => {
      const places = this.findings.filter((finding) => alike(finding, kind)).map(({ where, evidence }) => `  ${where}: ${evidence}`);
      return [kind.problem, ...places, `  try: ${kind.advice}`].join('\n');
    }).join('\n');
  }
}
