import { writeFileSync } from 'node:fs';
import { allOps, init } from '../../index.js';
import { UsageError, oneOf, readFlags, wholeNumber } from '../../examples/commandLine.js';
import { samplesOf } from '../../core/samples.js';
import '../../kernels/samples.js';
import { equivalenceOf } from './equivalents.js';
import { compiles, targetsByModule, tryVjpMutants, wgslKill } from './mutantRuns.js';
import { wgslMutants } from './wgslMutants.js';

/*
 * npm run mutants -- [--op NAME] [--kind both|vjp|wgsl] [--limit N] [--json FILE], which is npm run gradcheck -- --mutants
 *
 * Proof that the checks bite: plants wrong backward rules in every op and wrong syntax in every shader, and lists which of
 * them some check noticed. --limit takes N mutants a shader, evenly spread. Exit code 1 if any survives without a reason.
 */

interface Row {
  kind: 'vjp' | 'wgsl';
  /** An op's name, or a shader's. */
  where: string;
  what: string;
  verdict: 'killed' | 'survived' | 'equivalent' | 'does not compile';
  /** The sample that killed it, or why it is equivalent. */
  why: string;
}

function summarise(where: string, rows: readonly Row[]): void {
  const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const [killed, survived, equivalent, invalid] = (['killed', 'survived', 'equivalent', 'does not compile'] as const).map(count);
  const score = killed + survived === 0 ? '' : ` ${((100 * killed) / (killed + survived)).toFixed(1)} %`;
  const more = [equivalent > 0 ? `, ${equivalent} equivalent` : '', invalid > 0 ? `, ${invalid} do not compile` : ''].join('');
  console.log(`${where}:${score} ${killed} killed, ${survived} survived${more}`);
}

function report(where: string, rows: readonly Row[]): void {
  summarise(where, rows);
  for (const row of rows) if (row.verdict === 'survived') console.log(`    survived: ${row.what}`);
}

async function vjpRows(names: readonly string[]): Promise<Row[]> {
  const all: Row[] = [];
  for (const op of allOps()) {
    if (!names.includes(op.name) || typeof op.vjp !== 'function') continue;
    const flat = samplesOf(op.name)?.flat;
    const rows = (await tryVjpMutants(op)).map(({ kind, killedBy }): Row => {
      const reason = flat ? `every slope is zero: ${flat}` : equivalenceOf(op.name, kind);
      const verdict = killedBy !== null ? 'killed' : reason ? 'equivalent' : 'survived';
      return { kind: 'vjp', where: op.name, what: kind, verdict, why: killedBy ?? reason ?? '' };
    });
    report(op.name, rows);
    all.push(...rows);
  }
  return all;
}

async function wgslRows(names: readonly string[], limit: number): Promise<Row[]> {
  const all: Row[] = [];
  for (const [module, targets] of await targetsByModule(allOps())) {
    if (!targets.some(({ op }) => names.includes(op.name))) continue;
    const broken = await wgslKill(module, module.code, targets);
    if (broken !== null) throw new Error(`${module.name} is wrong before any mutation: ${broken}`);
    const mutants = wgslMutants(module.code);
    const step = Math.max(1, mutants.length / limit);
    const rows: Row[] = [];
    for (let at = 0; at < mutants.length; at += step) {
      const { kind, line, before, after, code, source } = mutants[Math.floor(at)];
      const what = `line ${line}, ${kind}: '${before}' to '${after}' in: ${source}`;
      const row = (verdict: Row['verdict'], why: string) => rows.push({ kind: 'wgsl', where: module.name, what, verdict, why });
      if (!(await compiles(code))) {
        row('does not compile', '');
        continue;
      }
      const killedBy = await wgslKill(module, code, targets);
      const reason = killedBy === null ? equivalenceOf(module.name, source, kind) : null;
      row(killedBy !== null ? 'killed' : reason ? 'equivalent' : 'survived', killedBy ?? reason ?? '');
    }
    report(module.name, rows);
    all.push(...rows);
  }
  return all;
}

/** The program, given its flags; resolves to the exit code. */
export async function runMutants(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, ['op', 'kind', 'limit', 'json']);
  const kind = oneOf('kind', flags.kind, ['both', 'vjp', 'wgsl']);
  const limit = wholeNumber('limit', flags.limit, 2 ** 31, 1);
  const names = flags.op?.split(',') ?? allOps().map((op) => op.name);
  const unknown = names.find((name) => !allOps().some((op) => op.name === name));
  if (unknown !== undefined) throw new UsageError(`--op ${unknown}: there is no such op`);

  const rows: Row[] = [];
  if (kind !== 'wgsl') rows.push(...(await vjpRows(names)));
  if (kind !== 'vjp') {
    const { backend } = await init({ device: 'webgpu' });
    console.log(`Device: ${backend.description}`);
    await init({ device: 'cpu' });
    rows.push(...(await wgslRows(names, limit)));
  }
  for (const each of ['vjp', 'wgsl'] as const) {
    const some = rows.filter((row) => row.kind === each);
    if (some.length > 0) summarise(`all ${each} mutants`, some);
  }
  if (flags.json) writeFileSync(flags.json, JSON.stringify(rows, null, 1));
  return rows.some((row) => row.verdict === 'survived') ? 1 : 0;
}
