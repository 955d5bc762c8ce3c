import type { Batch, HostArray } from '../../core/batch.js';
import type { EpochRecord } from '../training.js';
import type { Finding } from './finding.js';
import type { OpResult, ParameterRecord, Recording } from './recording.js';

const percent = (share: number) => `${Math.round(100 * share)} %`;
const short = (value: number) => String(Number(value.toPrecision(3)));

const firstNonFinite = ({ data }: Pick<HostArray, 'data'>) => data.findIndex((value) => !Number.isFinite(value));

const NON_FINITE_ADVICE: Record<string, string> = {
  log: 'logarithms of 0 or less: take log(x + eps), clamp(), or a loss on logits (crossEntropy, bceWithLogitsLoss)',
  div: 'a division by 0: add an eps to the divisor',
  sqrt: 'a root below 0, or its slope at 0: take sqrt(x + eps)',
  exp: 'an overflow: use softmax, logSumExp or softplus, which have none',
  pow: 'a power outside its domain, or an overflow: clamp the base',
};
const OTHER_ADVICE = 'a smaller learning rate, clipNorm, normalised inputs';

/** The source of a NaN or an infinity: data, a parameter, or the first op that made it. */
export function findNonFinite({ results, parameters }: Recording, batch: Batch): Finding[] {
  const finding = (where: string, index: number, value: number, advice: string): Finding[] =>
    [{ problem: 'not finite', where, evidence: `element ${index} is ${value}`, advice }];
  for (const [kind, arrays] of [['input', batch.inputs], ['target', batch.targets]] as const) {
    for (const [i, array] of arrays.entries()) {
      const at = firstNonFinite(array);
      if (at >= 0) return finding(`${kind} ${i} of the batch`, at, array.data[at], 'clean the data: drop or fill missing values');
    }
  }
  for (const { name, values } of parameters) {
    const at = firstNonFinite({ data: values });
    if (at >= 0) return finding(`parameter ${name}`, at, values[at], `an earlier step broke it: load a checkpoint, then ${OTHER_ADVICE}`);
  }
  const source = results.find((result) => firstNonFinite(result) >= 0);
  if (!source) return [];
  const at = firstNonFinite(source);
  return finding(`${source.op} in ${source.where}`, at, source.data[at], NON_FINITE_ADVICE[source.op] ?? OTHER_ADVICE);
}

/** Parameters that want a gradient and get none. */
export function findUnused({ parameters }: Recording): Finding[] {
  return parameters.filter(({ gradient }) => gradient === null).map(({ name }) => ({
    problem: 'unused parameters',
    where: name,
    evidence: 'the loss does not depend on it',
    advice: 'use it in forward(), or remove it; check for a detach(), or a noGrad() around it',
  }));
}

/** A layer counts as ill if more than this share of it is. */
const ILL_SHARE = 0.5;
/** With fewer values a unit may be silent by chance. */
const LEAST_VALUES = 8;

/** Results of one kind of op by the place that called it: a layer that is called often is one layer. */
function byPlace({ results }: Recording, ops: readonly string[]): Map<string, OpResult[]> {
  const places = new Map<string, OpResult[]>();
  for (const result of results) {
    if (result.phase !== 'model' || result.isOutput || !ops.includes(result.op) || result.data.length === 0) continue;
    const key = `${result.where} (${result.op})`;
    places.set(key, [...(places.get(key) ?? []), result]);
  }
  return places;
}

/** Units (the second axis) of relu that are 0 for every example: nothing that comes before them learns through them. */
export function findDead(recording: Recording): Finding[] {
  const findings: Finding[] = [];
  for (const [where, results] of byPlace(recording, ['relu'])) {
    const { shape } = results[0];
    if (shape.length < 2 || results.some((result) => result.shape[1] !== shape[1])) continue;
    const units = shape[1];
    const alive = new Set<number>();
    let values = 0;
    for (const { data, shape: own } of results) {
      const inner = own.slice(2).reduce((size, extent) => size * extent, 1);
      data.forEach((value, i) => value !== 0 && alive.add(Math.floor(i / inner) % units));
      values += data.length / units;
    }
    const dead = units - alive.size;
    if (values < LEAST_VALUES || dead / units <= ILL_SHARE) continue;
    findings.push({
      problem: 'dead units',
      where,
      evidence: `${dead} of ${units} units are 0 for every example`,
      advice: 'a smaller learning rate; kaimingNormal weights and biases of 0; normalise the inputs or add BatchNorm; LeakyReLU or GELU instead',
    });
  }
  return findings;
}

/** By the op's result: is its slope below a tenth of the steepest? */
const SATURATED: Record<string, (y: number) => boolean> = {
  sigmoid: (y) => 4 * y * (1 - y) < 0.1,
  tanh: (y) => 1 - y * y < 0.1,
};

/** Sigmoid and tanh in their flat parts, where almost no gradient passes. What the model gives out may be flat: it is sure. */
export function findSaturated(recording: Recording): Finding[] {
  const findings: Finding[] = [];
  for (const [where, results] of byPlace(recording, Object.keys(SATURATED))) {
    const isFlat = SATURATED[results[0].op];
    const total = results.reduce((sum, { data }) => sum + data.length, 0);
    const share = results.reduce((sum, { data }) => sum + data.filter(isFlat).length, 0) / total;
    if (share <= ILL_SHARE) continue;
    findings.push({
      problem: 'saturated units',
      where,
      evidence: `${percent(share)} of its values lie where the slope is below a tenth of the steepest`,
      advice: `smaller weights (xavierUniform${results[0].op === 'tanh' ? ' with the gain of tanh' : ''}), normalised inputs, LayerNorm or BatchNorm before it, or relu instead`,
    });
  }
  return findings;
}

/** A layer whose gradient is this much smaller than the largest of all hardly learns. */
const VANISHING = 1e-3;
/** A gradient so many times as large as the weights (or as 1) throws them away in one step. */
const EXPLODING = 100;

const normOf = (arrays: readonly ArrayLike<number>[]) =>
  Math.sqrt(arrays.reduce((sum, array) => Array.from(array).reduce((total, value) => total + value * value, sum), 0));

/** Gradients of each layer: far smaller than elsewhere, or far larger than its weights. */
export function findGradients({ parameters }: Recording): Finding[] {
  const layers = new Map<string, ParameterRecord[]>();
  for (const parameter of parameters) {
    if (parameter.gradient) layers.set(parameter.where, [...(layers.get(parameter.where) ?? []), parameter]);
  }
  const norms = [...layers].map(([where, own]) =>
    ({ where, gradient: normOf(own.map(({ gradient }) => gradient!)), weights: Math.max(1, normOf(own.map(({ values }) => values))) }));
  const isExploding = ({ gradient, weights }: (typeof norms)[number]) => gradient > EXPLODING * weights;
  const largest = Math.max(0, ...norms.filter((layer) => !isExploding(layer)).map(({ gradient }) => gradient));
  return norms.flatMap((layer): Finding[] => {
    const { where, gradient, weights } = layer;
    if (isExploding(layer)) {
      return [{
        problem: 'exploding gradients',
        where,
        evidence: `its gradient has the norm ${short(gradient)}, its weights ${short(weights)}`,
        advice: 'clipNorm; smaller weights (kaimingNormal, xavierNormal); BatchNorm or LayerNorm; a smaller learning rate, or Adam, which divides by the size',
      }];
    }
    if (gradient >= VANISHING * largest && largest > 0) return [];
    return [{
      problem: 'vanishing gradients',
      where,
      evidence: `its gradient has the norm ${short(gradient)}, the largest of a layer is ${short(largest)}`,
      advice: 'relu or gelu instead of sigmoid and tanh; kaimingNormal or orthogonal weights; Residual connections; BatchNorm or LayerNorm; fewer layers',
    }];
  });
}

/** Cross-entropy that is much worse than guessing: 1.5 times the logarithm of the number of classes. */
export function findBadLoss({ loss, outputShape }: Recording): Finding[] {
  const guessing = Math.log(outputShape[1]);
  if (!(loss > 1.5 * guessing)) return [];
  return [{
    problem: 'bad initial loss',
    where: 'the loss',
    evidence: `it is ${short(loss)}, guessing among ${outputShape[1]} classes gives ln(${outputShape[1]}) = ${short(guessing)}`,
    advice: 'smaller weights in the last layer, normalised inputs; check that labels and classes agree; if this comes after training, a smaller learning rate',
  }];
}

/** Epochs after the best, and how much worse (by this factor) the validation loss must have become in them. */
const EPOCHS_PAST_BEST = 3;
const WORSE = 1.1;

/** A validation loss that rises while the training loss goes on falling. */
export function findOverfitting(history: readonly EpochRecord[]): Finding[] {
  const known = history.filter(({ valLoss }) => valLoss !== undefined) as (EpochRecord & { valLoss: number })[];
  if (known.length === 0) return [];
  const best = known.reduce((lowest, record) => (record.valLoss < lowest.valLoss ? record : lowest));
  const last = known.at(-1)!;
  const past = known.length - 1 - known.indexOf(best);
  if (past < EPOCHS_PAST_BEST || last.valLoss <= WORSE * best.valLoss || last.loss >= best.loss) return [];
  return [{
    problem: 'overfitting',
    where: 'the validation loss',
    evidence: `it rose from ${short(best.valLoss)} (epoch ${known.indexOf(best) + 1}) to ${short(last.valLoss)}, the training loss fell from ${short(best.loss)} to ${short(last.loss)}`,
    advice: 'stop early (EarlyStopping); Dropout, weightDecay or l2Penalty; more data, or augmented data; a smaller model',
  }];
}
