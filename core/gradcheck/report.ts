import type { Judged } from './judge.js';
import { blockAround } from './locate.js';
import { relativeError, ulpsBetween } from './numeric.js';
import type { Objective } from './objective.js';
import type { Change } from './slopes.js';
import { type JacobianBlock, brackets, digitsApart, outputAt, positionOf, rough, show, showBlock, table } from './text.js';
import type { GradcheckReport, GradcheckSettings, WorstSlope } from './types.js';

/** What was found, before it is put into words. */
export interface Findings {
  /** The function to call again: gradcheck or gradgradcheck. */
  call: string;
  objective: Objective;
  options: GradcheckSettings;
  /** Its extents, if the whole Jacobian was compared; else null. */
  jacobian: readonly [outputs: number, inputs: number] | null;
  judged: readonly Judged[];
  worst: Judged | null;
  kinks: number;
  moved: number;
  /** Does the function give other values at the same point? */
  varies: boolean;
  /** Does the tape give another gradient the second time? Then no slope was compared. */
  changed: Change | null;
}

function describeWorst({ slope, excess }: Judged, { inputs, outputShapes }: Objective): WorstSlope {
  const { input, index, isElement } = slope.column;
  return {
    input,
    index,
    position: isElement ? positionOf(index, inputs[input].shape) : null,
    output: slope.row > 0 ? outputAt(slope.row - 1, outputShapes) : null,
    analytic: slope.analytic,
    numeric: slope.slope,
    relativeError: relativeError(slope.analytic, slope.slope),
    ulp: ulpsBetween(slope.analytic, slope.slope, 'float64'),
    overTolerance: excess,
    errorEstimate: slope.errorEstimate,
    step: slope.step,
  };
}

function nameOf({ input, index, position }: WorstSlope): string {
  return position ? `input ${input}${brackets(position)}` : `input ${input}, random direction ${index}`;
}

function reasonUnchecked({ judged, kinks, varies }: Findings): string {
  if (varies) return 'the function gives other values at the same point; call manualSeed() inside it';
  if (judged.length === 0 && kinks === 0) return 'there is no element to move, or no output to watch';
  if (judged.length === 0) return `every point sat on a kink, a jump or the edge of the domain (${kinks})`;
  const largest = judged.reduce((max, { slope }) => Math.max(max, Math.abs(slope.slope)), 0);
  if (largest < 1e-9) return 'every slope is about zero';
  return `the tolerance exceeds 0.1 % of the slopes, of which the largest is ${rough(largest)}`;
}

function changeText({ input, index, first, second }: Change, { inputs }: Objective): string {
  const digits = digitsApart(first, second);
  const at = `input ${input}${brackets(positionOf(index, inputs[input].shape))}`;
  const values = `${show(first, digits)}, then ${show(second, digits)}`;
  return `the tape gives another gradient the second time: at ${at} ${values}; a vjp must keep no state`;
}

/** In a failure as many as tell the two sides apart. */
function digitsOf({ verdict, worst }: Pick<GradcheckReport, 'verdict' | 'worst'>): number {
  return verdict === 'FAIL' && worst ? digitsApart(worst.analytic, worst.numeric) : 6;
}

function messageOf(report: Omit<GradcheckReport, 'message' | 'details'>, findings: Findings): string {
  const { verdict, worst, compared, excused, excusedWithin, uncheckedInputs } = report;
  const { changed, objective } = findings;
  if (verdict === 'UNCHECKED') return reasonUnchecked(findings);
  if (changed) return changeText(changed, objective);
  const digits = digitsOf(report);
  const at = `${nameOf(worst!)}: analytic ${show(worst!.analytic, digits)}, numeric ${show(worst!.numeric, digits)} ` +
    `(+- ${rough(worst!.errorEstimate)})`;
  if (verdict === 'FAIL') {
    const blocking = worst!.analytic === 0 ? [...objective.blocking] : [];
    const reasons = blocking.map(([op, reason]) => `; no gradient passes ${op}: ${reason}`);
    return `gradients differ at ${at}, relative error ${rough(worst!.relativeError)}${reasons.join('')}`;
  }
  const small = excused > 0 ? `, ${excused} zero or small are equal to within ${rough(excusedWithin)}` : '';
  const unchecked = uncheckedInputs.length > 0 ? `; without slopes: input ${uncheckedInputs.join(', ')}` : '';
  return `${compared} ${compared === 1 ? 'slope agrees' : 'slopes agree'}${small}${unchecked}; furthest apart at ${at}`;
}

function detailsOf(report: GradcheckReport, findings: Findings, block: JacobianBlock | null): string {
  const { call, objective, options } = findings;
  const { verdict, message, worst, seed, compared, excused, excusedWithin, failed, kinks, moved } = report;
  const digits = digitsOf(report);
  const rows: [string, string][] = [];
  if (worst) {
    const output = worst.output ? `output ${worst.output.index}${brackets(worst.output.position)}` : '<outputs, random upstream>';
    rows.push(
      ['slope', `d ${output} / d ${nameOf(worst)}`],
      ['analytic', show(worst.analytic, digits)],
      ['numeric', `${show(worst.numeric, digits)}, good to ${rough(worst.errorEstimate)} (step ${rough(worst.step)})`],
      ['apart', `relative ${rough(worst.relativeError)}, ${rough(worst.ulp)} ULP, ${rough(worst.overTolerance)} times the tolerance`],
    );
  }
  const how = findings.jacobian ? `${findings.jacobian.join(' x ')} Jacobian, and a random upstream` : 'a random upstream';
  const small = `${excused} zero or small${excused > 0 ? ` (equal to within ${rough(excusedWithin)})` : ''}`;
  rows.push(['compared', `${how}: ${failed} wrong, ${compared} right, ${small}, ${kinks} on kinks, ${moved} moved off kinks`]);
  const only = worst ? `, only: { input: ${worst.input}, ${worst.position ? 'index' : 'direction'}: ${worst.index} }` : '';
  rows.push(['again', options.reproduce ?? `${call}(fn, inputs, { seed: ${seed}${only} })`]);
  const jacobian = block
    ? `\n  Jacobian there, analytic | numeric (a row an output, a column an element of input ${worst!.input}):\n` +
      showBlock(block, objective.inputs[worst!.input].shape, objective.outputShapes, digits > 6 ? digits : 4)
    : '';
  return `${verdict}: ${message}\n${table(rows)}${jacobian}`;
}

/** The verdict, in numbers and in words. */
export async function reportOf(findings: Findings): Promise<GradcheckReport> {
  const { judged, worst, objective, options, kinks, moved, varies, changed } = findings;
  const failed = judged.filter(({ excess }) => excess > 1).length;
  const compared = judged.filter(({ excess, isCertified }) => excess <= 1 && isCertified);
  const excused = judged.filter(({ excess, isCertified }) => excess <= 1 && !isCertified);
  const checked = new Set(judged.filter(({ excess, isCertified }) => excess > 1 || isCertified).map(({ slope }) => slope.column.input));
  const report = {
    verdict: varies ? 'UNCHECKED' : failed > 0 || changed ? 'FAIL' : compared.length === 0 ? 'UNCHECKED' : 'PASS',
    seed: options.seed,
    compared: compared.length,
    excused: excused.length,
    excusedWithin: excused.reduce((widest, { allowed }) => Math.max(widest, allowed), 0),
    failed,
    kinks,
    moved,
    uncheckedInputs: objective.inputs.map((_, i) => i).filter((i) => objective.inputs[i].requiresGrad && !checked.has(i)),
    worst: worst && describeWorst(worst, objective),
  } as const;
  const block = worst && failed > 0 && worst.slope.column.isElement
    ? await blockAround(objective, worst.slope, worst.slope.row > 0 ? worst.slope.row - 1 : null)
    : null;
  const withMessage = { ...report, message: messageOf(report, findings), details: '' };
  return { ...withMessage, details: detailsOf(withMessage, findings, block) };
}
