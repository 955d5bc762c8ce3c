import fc from 'fast-check';
import { type DType, type DeviceName, Philox, type Tensor, applyOp, backendFor, grad, scope, tensor } from '../../index.js';
import { gradcheck } from '../../core/gradcheck.js';
import { DEFAULT_TOLERANCE, type Tolerance, takesGradient } from '../../core/samples.js';
import { attrsFor, distance, toleranceOf } from '../support.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { carriers, constantFor, fit, graphTemplates } from './graphTemplates.js';

/*
 * Random graphs of ops: nodes are samples of registered ops, fed by leaves and by earlier nodes. fast-check draws them, and
 * shrinks one that fails to the smallest that still does.
 */

interface Graph {
  /** Extents of the leaves. */
  leaves: readonly (readonly number[])[];
  nodes: readonly { template: number; sources: readonly number[] }[];
  seed: number;
}

const arbitraryGraph: fc.Arbitrary<Graph> = fc.record({
  leaves: fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  nodes: fc.array(
    fc.record({ template: fc.nat(100_000), sources: fc.array(fc.nat(7), { minLength: 4, maxLength: 4 }) }),
    { minLength: 1, maxLength: 6 },
  ),
  seed: fc.nat(2 ** 31 - 1),
});

const templateOf = (template: number) => {
  const all = graphTemplates();
  return all[template % all.length];
};

/** May change a value that was computed to within `tolerance`. */
type Disturb = (t: Tensor, tolerance: Omit<Tolerance, 'reason'>) => Tensor;

function evaluate({ nodes, seed }: Graph, leaves: readonly Tensor[], disturb: Disturb = (t) => t): Tensor[] {
  const values = [...leaves];
  const unused = new Set(leaves);
  for (const { template, sources } of nodes) {
    const { op, sample } = templateOf(template);
    const inputs = sample.inputs.map((input, i) => {
      if (!takesGradient(input)) return constantFor(input, leaves[0], seed + i);
      const source = values[sources[i % sources.length] % values.length];
      unused.delete(source);
      return disturb(fit(source, input), DEFAULT_TOLERANCE);
    });
    const outputs = applyOp(op, inputs, attrsFor(sample, leaves[0].dtype), backendFor(leaves[0].device));
    for (const output of carriers(op, outputs)) {
      const value = disturb(output, toleranceOf(op));
      values.push(value);
      unused.add(value);
    }
  }
  const last = values.at(-1)!;
  return [...unused].filter((t) => t === last || !leaves.includes(t));
}

function makeLeaves({ leaves, seed }: Graph, device: DeviceName, dtype: DType): Tensor[] {
  const random = new Philox(seed, 5);
  return leaves.map((shape) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return tensor(Float32Array.from({ length: size }, () => 2 * random.normal()), shape, { device, dtype, requiresGrad: true });
  });
}

interface Result {
  outputs: ArrayLike<number>[];
  gradients: ArrayLike<number>[];
}

/** Outputs and gradients of the leaves. With a `noiseSeed` each value is moved up or down by the tolerance of what computed it. */
function run(graph: Graph, device: DeviceName, dtype: DType, noiseSeed: number | null = null): Promise<Result> {
  return scope(async () => {
    const leaves = makeLeaves(graph, device, dtype);
    const random = new Philox(noiseSeed ?? 0, 9);
    const noise = (t: Tensor, size: number) =>
      tensor(Float64Array.from({ length: t.size }, () => size * (random.uniform() < 0.5 ? -1 : 1)), t.shape, { dtype, device });
    const disturb: Disturb = (t, { relative, absolute }) => t.mul(noise(t, relative).add(1)).add(noise(t, absolute));
    const outputs = evaluate(graph, leaves, noiseSeed === null ? undefined : disturb);
    const gradOutputs = outputs.map((output) => {
      const upstream = new Philox(graph.seed, 13);
      return tensor(Float32Array.from({ length: output.size }, () => upstream.normal()), output.shape, { dtype, device });
    });
    const gradients = grad(outputs, leaves, { gradOutputs, allowUnused: true });
    return {
      outputs: await Promise.all(outputs.map((output) => output.data())),
      gradients: await Promise.all(gradients.map(async (gradient) => (gradient ? gradient.data() : []))),
    };
  });
}

/** Few as a rule; many before a graph is called wrong, as in a few the disturbances of two values can cancel each time. */
const DISTURBED_RUNS = [3, 40];

/**
 * WebGPU against CPU f64: the largest distance over what is allowed. What rounding may do in this very graph is measured: the
 * float64 graph is run again with every value moved by its tolerance; the distance that this makes, with the sum of the
 * tolerances, is allowed.
 */
async function compareDevices(graph: Graph): Promise<number> {
  const expected = await run(graph, 'cpu', 'float64');
  const actual = await run(graph, 'webgpu', 'float32');
  const disturbed: Result[] = [];
  let worst = Infinity;
  for (const runs of DISTURBED_RUNS) {
    while (disturbed.length < runs) disturbed.push(await run(graph, 'cpu', 'float64', disturbed.length));
    worst = furthestApart(graph, actual, expected, disturbed);
    if (worst <= 1) break;
  }
  return worst;
}

function furthestApart(graph: Graph, actual: Result, expected: Result, disturbed: readonly Result[]): number {
  const own = graph.nodes.map(({ template }) => toleranceOf(templateOf(template).op));
  const relative = own.reduce((sum, tolerance) => sum + tolerance.relative, 1e-6);
  const absolute = own.reduce((sum, tolerance) => sum + tolerance.absolute, 1e-6);
  let worst = 0;
  for (const part of ['outputs', 'gradients'] as const) {
    expected[part].forEach((values, i) => {
      const moved = disturbed.map((other) => {
        let most = 0;
        for (let k = 0; k < values.length; k++) most = Math.max(most, Math.abs(other[part][i][k] - values[k]));
        return most;
      });
      const allowed = { relative, absolute: absolute + Math.max(...moved) };
      worst = Math.max(worst, distance(actual[part][i], values, allowed).ratio);
    });
  }
  return worst;
}

export function show({ leaves, nodes }: Graph): string {
  const from = ({ sources, template }: Graph['nodes'][number]) => {
    const { op, sample } = templateOf(template);
    return `${op.name}(${sample.label}; from ${sample.inputs.map((input, i) => (takesGradient(input) ? sources[i % sources.length] : 'constant')).join(' ')})`;
  };
  return `leaves ${leaves.map((shape) => `[${shape}]`).join(' ')}: ${nodes.map(from).join(' -> ')}`;
}

/** Runs `count` graphs; a failure is shrunk and described. */
async function sweep(seed: number, count: number, test: (graph: Graph) => Promise<{ failure: string | null; worst?: number; learnt: boolean }>): Promise<CheckResult> {
  let worst = 0;
  let learnt = 0;
  const property = fc.asyncProperty(arbitraryGraph, async (graph) => {
    const { failure, worst: ratio = 0, learnt: useful } = await scope(() => test(graph));
    worst = Math.max(worst, ratio);
    if (useful) learnt++;
    if (failure !== null) throw new Error(failure);
  });
  const details = await fc.check(property, { seed, numRuns: count });
  if (details.failed) {
    const [graph] = details.counterexample!;
    const cause = (details.errorInstance as Error | null)?.message ?? '';
    return { verdict: 'FAIL', message: `${show(graph)}: ${cause} (graph ${JSON.stringify(graph)}, after ${details.numShrinks} shrinks)`, worst };
  }
  if (learnt < count / 2) return { verdict: 'UNCHECKED', message: `only ${learnt} of ${count} graphs had slopes` };
  return { verdict: 'PASS', message: `${learnt} of ${count} graphs had slopes, and all agree`, worst };
}

async function againstNumeric(graph: Graph): Promise<{ failure: string | null; learnt: boolean }> {
  const leaves = makeLeaves(graph, 'cpu', 'float64');
  const { verdict, message } = await gradcheck((...at) => evaluate(graph, at), leaves, { seed: graph.seed, maxElements: 4, directions: 2, maxJacobian: 0 });
  return { failure: verdict === 'FAIL' ? message : null, learnt: verdict === 'PASS' };
}

async function againstCpu(graph: Graph): Promise<{ failure: string | null; worst: number; learnt: boolean }> {
  const worst = await compareDevices(graph);
  return { failure: worst > 1 ? `WebGPU is off by ${worst.toPrecision(3)} times what rounding explains` : null, worst, learnt: true };
}

/** Graphs to one check. */
const CHUNK = 50;

export function graphChecks({ seed, devices, graphs }: SuiteOptions): Check[] {
  const starts = Array.from({ length: Math.ceil(graphs / CHUNK) }, (_, i) => i * CHUNK);
  return starts.flatMap((start) => {
    const count = Math.min(CHUNK, graphs - start);
    const label = `graphs ${start} to ${start + count - 1}`;
    // fast-check takes 32-bit seeds; each chunk has its own.
    const own = (seed * 1_000_003 + start) | 0;
    const check = (axis: string, test: typeof againstNumeric): Check => ({ op: 'random graphs', axis, label, run: () => sweep(own, count, test) });
    return [
      ...(devices.includes('cpu') ? [check('f64 numeric', againstNumeric)] : []),
      ...(devices.includes('webgpu') ? [check('webgpu backward', againstCpu)] : []),
    ];
  });
}
