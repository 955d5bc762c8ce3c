import { readFileSync, writeFileSync } from 'node:fs';
import { UsageError, runProgram } from '../examples/commandLine.js';
import { commitSide } from './against.js';
import { servePage } from './browser/serve.js';
import { compareRuns, compareSides, comparisonText, differencesOf } from './compare.js';
import { csv } from './csv.js';
import type { Bench } from './device.js';
import { html } from './html.js';
import { runLadder } from './ladders/command.js';
import { listText } from './list.js';
import { markdown } from './markdown.js';
import { type Options, type Outputs, USAGE, parseBrowser, parseComparison, parseOptions } from './options.js';
import { PEERS_MISSING, peersInstalled } from './peers/installed.js';
import { peersRecord, rowLine, weFailed } from './peers/ops/report.js';
import { ROWS as PEER_ROWS, type Row as PeerRow } from './peers/ops/rows.js';
import { racePeers } from './peers/ops/run.js';
import { provideWebGpu } from './peers/webgpu.js';
import { readRecord } from './readRecord.js';
import { type BenchRecord, toJson } from './record.js';
import { type Row, selectRows } from './rows.js';
import { runBench } from './run.js';
import { type Side, ownSide, variantSide } from './side.js';
import { sayStep, startBench } from './start.js';
import { hasFailed, reportText } from './text.js';
import { chooseVariants, choicesText, writeTable } from './tune.js';

/* npm run bench: times every op of the registry at its bench shapes; see USAGE. Exit code 1 if a kernel is wrong, failed, or slower. */

const WRITERS: Record<keyof Outputs, (record: BenchRecord) => string> = { json: toJson, csv, html, md: markdown };

/** Rounds of the race against peers. */
const PEER_ROUNDS = 9;

function peerRowsFor({ filter, peers }: Options): PeerRow[] {
  return peers ? PEER_ROWS.filter(({ name }) => filter.test(name)) : [];
}

/** The source of a filter that was not given. */
const EVERYTHING = new RegExp('').source;

/** The rows that the flags choose. Throws UsageError if there are none. */
function rowsFor(options: Options): Row[] {
  const { filter, axes, variants, tune } = options;
  const all = selectRows(filter, axes);
  if (all.length === 0 && peerRowsFor(options).length > 0) return [];
  const among = filter.source === EVERYTHING ? 'no row' : `no row that matches ${filter}`;
  if (all.length === 0) {
    const why = axes.length > 0 ? `${among} has the axes ${axes.map(({ name }) => name).join(', ')}` : `no row matches ${filter}`;
    throw new UsageError(`${why}; --list shows what there is`);
  }
  const rows = all.filter(({ op }) => variants.every((variant) => op.variants?.names.includes(variant)) && (!tune || op.variants));
  if (rows.length === 0) {
    throw new UsageError(`${among} has ${tune ? 'several variants' : `the variants ${variants.join(', ')}`}; --list shows them`);
  }
  return rows;
}

/** The sides of each row. */
function sidesFor({ variants, tune }: Options, bench: Bench, other: Side | null): (row: Row) => readonly Side[] {
  if (tune) {
    const sides = new Map<string, Side>();
    const sideOf = (variant: string) => sides.get(variant) ?? sides.set(variant, variantSide(bench, variant)).get(variant)!;
    return ({ op }) => op.variants!.names.map(sideOf);
  }
  const sides = variants.length > 0 ? variants.map((variant) => variantSide(bench, variant)) : [...(other ? [other] : []), ownSide(bench)];
  return () => sides;
}

async function measure(options: Options, rows: readonly Row[]): Promise<number> {
  const { against, axes, clock, outputs, secondsPerRow, tune } = options;
  const other = against === null ? null : await commitSide(against, clock, axes);
  const peerRows = peerRowsFor(options);
  if (peerRows.length > 0) provideWebGpu(); // the adapter of all engines
  if (peerRows.length > 0 && !peersInstalled()) console.error(`bench: ${PEERS_MISSING}`);
  const { bench, environment } = await startBench(clock);
  const adapter = bench.backend;
  const sidesOf = sidesFor(options, bench, other);
  const measured = await runBench(bench, { rows, sidesOf, secondsPerRow, onStep: sayStep });
  const raced = peerRows.length > 0 ? await racePeers({ rows: peerRows, rounds: PEER_ROUNDS, onRow: (result) => console.error(rowLine(result)) }) : null;
  const peers = raced && peersRecord(raced, PEER_ROUNDS);
  const record: BenchRecord = { ...measured, peers, environment };
  for (const [name, write] of Object.entries(WRITERS)) {
    const file = outputs[name as keyof Outputs];
    if (file) writeFileSync(file, write(record));
  }
  console.log(reportText(record));
  for (const { op, bucket, entry } of adapter.tuning.stale) {
    console.log(`stale tuning entry, not used: ${op}, bucket ${bucket}, ${entry.variant}: its WGSL has changed; --tune measures it again`);
  }

  const comparisons = compareSides(record, 'hot');
  if (comparisons.length > 0 && !tune) console.log(`\n${comparisonText(comparisons, 'hot')}`);
  if (tune) {
    const choices = chooseVariants(rows, record.rows, adapter);
    console.log(`\n${choicesText(choices, writeTable(adapter, choices))}`);
  }
  const isSlower = other !== null && comparisons.some(({ outcome }) => outcome === 'SLOWER');
  return isSlower || (peers && weFailed(peers)) || hasFailed(record) ? 1 : 0;
}

function compare(args: readonly string[]): number {
  const { files, figure } = parseComparison(args);
  const [a, b] = files.map((file) => readRecord(readFileSync(file, 'utf8'), file));
  const comparisons = compareRuns(a, b, figure);
  for (const difference of differencesOf(a, b)) console.log(difference);
  console.log(comparisonText(comparisons, figure));
  return comparisons.some(({ outcome, broken }) => outcome === 'SLOWER' || broken) ? 1 : 0;
}

runProgram('bench', async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  if (args.includes('--ladder')) return runLadder(args);
  if (args.includes('--browser')) return servePage(parseBrowser(args));
  if (args[0] === 'compare') return compare(args.slice(1));
  const options = parseOptions(args);
  const rows = rowsFor(options);
  if (!options.list) return measure(options, rows);
  console.log(listText(rows));
  return 0;
});
