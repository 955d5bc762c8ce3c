/* What a run of mutants found; `--json` writes it. */

/** One mutant. */
export interface Row {
  kind: 'vjp' | 'wgsl';
  /** An op's name, or a shader's path. */
  where: string;
  /** What was done to it; for WGSL with the line. */
  what: string;
  /** Neither what does not compile nor what is equivalent counts for or against the checks. */
  verdict: 'killed' | 'survived' | 'equivalent' | 'does not compile';
  /** What killed it: the sample and what was seen. Why it is equivalent. Of a survivor: why no check can be expected to see it, if known. */
  why: string;
}

export interface Totals {
  killed: number;
  survived: number;
  equivalent: number;
  doesNotCompile: number;
  /** killed / (killed + survived), in percent; null where there are neither. */
  score: number | null;
}

export interface Summary {
  vjp: Totals;
  wgsl: Totals;
  /** Totals of each op and each shader. */
  places: readonly (Pick<Row, 'kind' | 'where'> & Totals)[];
}

export interface MutantReport {
  /** The WebGPU adapter; null where no WGSL ran. */
  adapter: string | null;
  /** Which part of the mutants, as `1/4`. */
  shard: string;
  /** At most so many mutants a shader; null for all. */
  limit: number | null;
  seconds: number;
  summary: Summary;
  rows: readonly Row[];
}

export function totalsOf(rows: readonly Row[]): Totals {
  const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const killed = count('killed');
  const survived = count('survived');
  const score = killed + survived === 0 ? null : (100 * killed) / (killed + survived);
  return { killed, survived, equivalent: count('equivalent'), doesNotCompile: count('does not compile'), score };
}

export function summarise(rows: readonly Row[]): Summary {
  const of = (kind: Row['kind']) => rows.filter((row) => row.kind === kind);
  const places = (['vjp', 'wgsl'] as const).flatMap((kind) => {
    const names = [...new Set(of(kind).map(({ where }) => where))];
    return names.map((where) => ({ kind, where, ...totalsOf(of(kind).filter((row) => row.where === where)) }));
  });
  return { vjp: totalsOf(of('vjp')), wgsl: totalsOf(of('wgsl')), places };
}

export function totalsText(name: string, { killed, survived, equivalent, doesNotCompile, score }: Totals): string {
  const percent = score === null ? '' : ` ${score.toFixed(1)} %`;
  const more = [equivalent > 0 ? `, ${equivalent} equivalent` : '', doesNotCompile > 0 ? `, ${doesNotCompile} do not compile` : ''].join('');
  return `${name}:${percent} ${killed} killed, ${survived} survived${more}`;
}
