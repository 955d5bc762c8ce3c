import { scope } from '../../index.js';
import { gradcheck } from '../../core/gradcheck.js';
import { type Op, type Vjp, isDifferentiableOutput } from '../../core/op.js';
import { type Sample, samplesOf } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { callSample, makeInputs, runSample } from '../support.js';
import { EXACT, judge, pairs } from './judge.js';
import { overwriting, vjpMutants } from './vjpMutants.js';

/* How backward mutants are put in place, and what it takes to kill one. */

/** The kinds of backward mutants of one op, each with what found it, or null. */
export interface Verdict {
  kind: string;
  killedBy: string | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Numeric gradients cost four evaluations an element. */
const NUMERIC_ELEMENTS = 400;

function differentiableSamples(op: Op): Sample[] {
  return (samplesOf(op.name)?.samples ?? []).filter((sample) => {
    const elements = sample.inputs.reduce((total, { shape }) => total + sizeOf(shape), 0);
    return elements > 0 && elements <= NUMERIC_ELEMENTS && sample.inputs.some(({ dtype, differentiable }) => dtype !== 'int32' && differentiable !== false);
  });
}

/** The label of the first sample whose gradient differs from the numeric one; null if all agree. */
async function numericKill(op: Op, samples: readonly Sample[]): Promise<string | null> {
  for (const sample of samples) {
    try {
      const verdict = await scope(async () => (await gradcheck(
        (...at) => callSample(op, sample, at, 'cpu', 'float64').filter((output, i) => isDifferentiableOutput(op, i, output)),
        makeInputs(sample, 'cpu', 'float64'),
      )).verdict);
      if (verdict === 'FAIL') return sample.label;
    } catch (error) {
      return `${sample.label}: ${(error as Error).message}`;
    }
  }
  return null;
}

/** The attributes that the vjp reads in any sample, and a value of each. */
async function attributesRead(op: Op, samples: readonly Sample[]): Promise<Map<string, unknown>> {
  const read = new Map<string, unknown>();
  const vjp = op.vjp as Vjp<any>;
  (op as Mutable<Op>).vjp = (gradients, context) => vjp(gradients, {
    ...context,
    attrs: new Proxy(context.attrs, {
      get(attrs, name) {
        const value = attrs[name];
        // Of lists, the longest: each element has mutants.
        const before = read.get(String(name));
        if (!Array.isArray(before) || (Array.isArray(value) && value.length > before.length)) read.set(String(name), value);
        return value;
      },
    }),
  });
  for (const sample of samples) await runSample(op, sample, 'cpu', 'float64');
  (op as Mutable<Op>).vjp = vjp;
  return read;
}

export async function tryVjpMutants(op: Op): Promise<Verdict[]> {
  const right = op.vjp as Vjp<any>;
  const put = (vjp: Vjp<any>) => ((op as Mutable<Op>).vjp = vjp);
  const samples = differentiableSamples(op);
  const broken = await numericKill(op, samples);
  if (broken !== null) throw new Error(`${op.name}: the gradient is wrong before any mutation: ${broken}`);
  const inputs = new Set(samples.flatMap((sample) =>
    sample.inputs.flatMap(({ dtype, differentiable }, i) => (dtype !== 'int32' && differentiable !== false ? [i] : []))));
  const verdicts: Verdict[] = [];
  for (const mutant of vjpMutants(op, [...inputs], await attributesRead(op, samples))) {
    put(mutant.vjp);
    const killedBy = await numericKill(op, samples);
    if (mutant.planted) verdicts.push({ kind: mutant.kind, killedBy });
  }
  const { vjp, restart } = overwriting(right);
  let killedBy: string | null = null;
  for (const sample of samples) {
    put(right);
    const once = await runSample(op, sample, 'cpu', 'float64');
    put(vjp);
    restart();
    const twice = await runSample(op, sample, 'cpu', 'float64', { calls: 2 });
    const doubled = { ...once, gradients: once.gradients.map((gradient) => gradient?.map((value) => 2 * value) ?? null) };
    if (judge(pairs(twice, doubled, ['gradients'], EXACT)).verdict === 'FAIL') {
      killedBy = sample.label;
      break;
    }
  }
  verdicts.push({ kind: 'overwritten instead of accumulated', killedBy });
  put(right);
  return verdicts;
}
