import { writeFileSync } from 'node:fs';
import { allOps, init } from '../../index.js';
import { backendFor } from '../../core/device.js';
import { samplesOf } from '../../core/samples.js';
import type { WebGpuBackend } from '../../core/webgpu/backend.js';
import { UsageError, oneOf, readFlags, wholeNumber } from '../../examples/commandLine.js';
import '../../kernels/samples.js';
import { Bench, Kernels } from './bareCalls.js';
import { equivalenceOf, survivalOf } from './equivalents.js';
import { type MutantReport, type Row, summarise, totalsOf, totalsText } from './mutantReport.js';
import { type Options, shardFrom } from './options.js';
import { Progress } from './progress.js';
import { tryVjpMutants } from './vjpRuns.js';
import { type WgslMutant, describeMutant, wgslMutants } from './wgslMutants.js';
import { Trials, targetsByModule } from './wgslRuns.js';

/*
 * npm run gradcheck -- --mutants [--op NAME,...] [--kind both|vjp|wgsl] [--limit N] [--shard I/N] [--json FILE]
 *
 * Proof that the checks bite: plants wrong backward rules in every op and wrong syntax in every shader, and lists which of
 * them some check noticed. --limit takes N mutants a shader, evenly spread; --shard the I-th of N parts of the ops and of the
 * shaders. Exit code 1 if any survives without a reason.
 */

type Shard = Options['shard'];

/** The shard's part of a list of `total`: a run of neighbours, as each shader and op has a price of its own. */
const inShard = ({ index, count }: Shard, total: number, before = 0) => (_: unknown, at: number) =>
  Math.floor(((before + at) * count) / total) === index - 1;

function report(where: string, rows: readonly Row[]): void {
  console.log(totalsText(where, totalsOf(rows)));
  for (const { verdict, what, why } of rows) if (verdict === 'survived') console.log(`    survived: ${what}${why ? ` (${why})` : ''}`);
}

async function vjpRows(names: readonly string[], shard: Shard): Promise<Row[]> {
  const differentiable = allOps().filter((op) => names.includes(op.name) && typeof op.vjp === 'function');
  const ops = differentiable.filter(inShard(shard, differentiable.length));
  const progress = new Progress(ops.length, 'vjps', 'with survivors');
  const all: Row[] = [];
  for (const op of ops) {
    const flat = samplesOf(op.name)?.flat;
    const rows = (await tryVjpMutants(op)).map(({ kind, killedBy }): Row => {
      const reason = flat ? `every slope is zero: ${flat}` : equivalenceOf(op.name, kind);
      const verdict = killedBy !== null ? 'killed' : reason ? 'equivalent' : 'survived';
      return { kind: 'vjp', where: op.name, what: kind, verdict, why: killedBy ?? reason ?? survivalOf(op.name, kind) ?? '' };
    });
    progress.step(op.name, rows.some(({ verdict }) => verdict === 'survived'));
    report(op.name, rows);
    all.push(...rows);
  }
  progress.stop();
  return all;
}

/** At most `limit` of a list, evenly spread. */
function spread<T>(list: readonly T[], limit: number): T[] {
  const step = Math.max(1, list.length / limit);
  return Array.from({ length: Math.ceil(list.length / step) }, (_, i) => list[Math.floor(i * step)]);
}

async function judgeMutant(trials: Trials, where: string, mutant: WgslMutant): Promise<Row> {
  const { code } = mutant;
  const what = describeMutant(mutant);
  const row = (verdict: Row['verdict'], why: string): Row => ({ kind: 'wgsl', where, what, verdict, why });
  if (trials.neverCompiled(code)) return row('equivalent', 'a default that no launch uses: each gives its own value');
  try {
    const killer = await trials.killerOf(code);
    if (killer !== null) return row('killed', killer);
  } catch (error) {
    return row('does not compile', (error as Error).message.trim().split('\n')[0]);
  }
  const reason = equivalenceOf(where, what);
  return reason ? row('equivalent', reason) : row('survived', survivalOf(where, what) ?? '');
}

async function wgslRows(bench: Bench, names: readonly string[], limit: number, shard: Shard): Promise<Row[]> {
  const right = new Kernels(bench);
  const shaders = [...targetsByModule(allOps(), bench.limits)].filter(([, targets]) => targets.some(({ op }) => names.includes(op.name)));
  const chosen = shaders.map(([module, targets]) => ({ module, targets, mutants: spread(wgslMutants(module.code), limit) }));
  const total = chosen.reduce((sum, { mutants }) => sum + mutants.length, 0);
  let before = 0;
  const mine = chosen.map(({ module, targets, mutants }) => {
    const part = mutants.filter(inShard(shard, total, before));
    before += mutants.length;
    return { module, targets, mutants: part };
  }).filter(({ mutants }) => mutants.length > 0);

  const progress = new Progress(mine.reduce((sum, { mutants }) => sum + mutants.length, 0), 'mutants', 'survived');
  const all: Row[] = [];
  for (const { module, targets, mutants } of mine) {
    const trials = await Trials.of(bench, module, targets, right);
    const rows: Row[] = [];
    for (const mutant of mutants) {
      const row = await judgeMutant(trials, module.name, mutant);
      progress.step(module.name, row.verdict === 'survived');
      rows.push(row);
    }
    trials.destroy();
    report(module.name, rows);
    all.push(...rows);
  }
  progress.stop();
  return all;
}

/** The program, given its flags; resolves to the exit code. */
export async function runMutants(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, ['op', 'kind', 'limit', 'shard', 'json']);
  const kind = oneOf('kind', flags.kind, ['both', 'vjp', 'wgsl']);
  const limit = wholeNumber('limit', flags.limit, 2 ** 31, 1);
  const shard = shardFrom(flags.shard);
  const names = flags.op?.split(',') ?? allOps().map((op) => op.name);
  const unknown = names.find((name) => !allOps().some((op) => op.name === name));
  if (unknown !== undefined) throw new UsageError(`--op ${unknown}: there is no such op`);

  const began = performance.now();
  let adapter: string | null = null;
  const rows: Row[] = [];
  if (kind !== 'wgsl') rows.push(...(await vjpRows(names, shard)));
  if (kind !== 'vjp') {
    const { backend } = await init({ device: 'webgpu' });
    adapter = backend.description;
    await init({ device: 'cpu' });
    rows.push(...(await wgslRows(new Bench(backendFor('webgpu') as WebGpuBackend), names, limit, shard)));
  }

  if (rows.length === 0) {
    throw new UsageError(`--shard ${shard.index}/${shard.count}: there is no mutant to try of --op and --kind; take fewer shards`);
  }

  const summary = summarise(rows);
  if (adapter !== null) console.log(`Device: ${adapter}`);
  for (const each of ['vjp', 'wgsl'] as const) {
    if (summary[each].score !== null) console.log(totalsText(`all ${each} mutants`, summary[each]));
  }
  const found: MutantReport = {
    adapter, shard: `${shard.index}/${shard.count}`, limit: flags.limit === undefined ? null : limit,
    seconds: Math.round((performance.now() - began) / 1000), summary, rows,
  };
  console.log(`${rows.length} mutants in ${found.seconds} s`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(found, null, 1)}\n`);
  return rows.some((row) => row.verdict === 'survived' && row.why === '') ? 1 : 0;
}
