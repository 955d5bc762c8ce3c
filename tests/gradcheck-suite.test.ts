import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps, shutdown } from '../index.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';
import { AXES, reasonForEmpty } from './gradcheck/axes.js';
import type { Check, SuiteOptions } from './gradcheck/check.js';
import { type MutantReport, summarise } from './gradcheck/mutantReport.js';
import { runInProcesses } from './gradcheck/processes.js';
import { html } from './gradcheck/reports/html.js';
import { junit } from './gradcheck/reports/junit.js';
import { escapeMarkup } from '../examples/markup.js';
import { UsageError } from '../examples/usageError.js';
import { gapsOf, mergeReports, readReport } from './gradcheck/reports/merge.js';
import { type Report, countPlanned, isGood, matrixOf, totalsOf } from './gradcheck/reports/report.js';
import { reportText } from './gradcheck/reports/text.js';
import { type Row, runCheck, shardOf } from './gradcheck/runChecks.js';
import { allChecks } from './gradcheck/suite.js';
import { initBothDevices } from './support.js';

/* A slice of `npm run gradcheck`, the same for the same seed, and the reports that the command writes. */

const OPTIONS: SuiteOptions = { seed: 1, seeds: 0, devices: ['cpu', 'webgpu'], graphs: 40, slow: false };
/** About so many checks are run here, one shard of all: of all kinds and over all ops. */
const SLICE = 200;

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/gradcheck-');
let program = '';

const test = suite('gradcheck suite');
test.before(async () => {
  await initBothDevices();
  program = await bundleProgram('tests/gradcheck/main.ts', folder);
});
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
  shutdown('webgpu');
});

const checks = allChecks(OPTIONS);

test('a slice of the suite passes', async () => {
  const mine = shardOf(checks, { index: 1, count: Math.ceil(checks.length / SLICE) });
  assert.ok(mine.length > SLICE / 2, `${mine.length} checks`);
  const rows: Row[] = [];
  for (const { check, index } of mine) rows.push(await runCheck(check, index));
  const bad = rows.filter(({ verdict }) => verdict !== 'PASS').map(({ op, axis, label, message }) => `${op}, ${axis} (${label}): ${message}`);
  assert.is(bad.length, 0, bad.join('\n'));
});

// Models on the CPU only: SwiftShader takes a minute to compile one of their convolutions, which tests/ops.test.ts runs anyway.
for (const [op, devices] of [['random graphs', OPTIONS.devices], ['models', ['cpu']]] as const) {
  test(`${op}, a few`, async () => {
    const own = allChecks({ ...OPTIONS, devices }).filter((candidate) => candidate.op === op);
    for (const [index, check] of own.entries()) {
      const row = await runCheck(check, index);
      assert.is(row.verdict, 'PASS', `${check.axis} (${check.label}): ${row.message}`);
    }
  });
}

test('every cell of op and axis has checks, or a reason why not', () => {
  const report: Report = { options: OPTIONS, ops: null, adapter: '', shards: ['1/1'], planned: countPlanned(checks), rows: [], mutants: null };
  assert.equal(totalsOf(report).missing, []);
  assert.is(matrixOf(report).filter(({ op }) => allOps().some(({ name }) => name === op)).length, allOps().length);
  // A cell whose checks get lost is missed: no reason excuses it.
  for (const op of allOps()) {
    for (const axis of AXES) {
      if (report.planned[op.name][axis.name]) assert.is(reasonForEmpty(axis, op, OPTIONS), null, `${op.name}: ${axis.name}`);
    }
  }
  const holes = { ...report, planned: { ...report.planned, relu: {} } };
  assert.ok(totalsOf(holes).missing.includes('relu: f64 numeric'));
  assert.not(isGood(totalsOf(holes)));
});

test('each check has an axis of the matrix, and a label that tells it from the others', () => {
  const names = checks.map(({ op, axis, label }) => `${op} / ${axis} / ${label}`);
  assert.is(new Set(names).size, names.length);
  for (const { axis } of checks) assert.ok(AXES.some(({ name }) => name === axis), axis);
});

test('shards partition the suite', () => {
  const count = 7;
  const shards = Array.from({ length: count }, (_, i) => shardOf(checks, { index: i + 1, count }).map(({ index }) => index));
  assert.equal(shards.flat().sort((a, b) => a - b), checks.map((_, index) => index));
  for (const shard of shards) assert.ok(shard.length > checks.length / count / 2 && shard.length < (2 * checks.length) / count, `${shard.length} of ${checks.length}`);
});

const fake = (op: string, axis: string, label: string, result: Awaited<ReturnType<Check['run']>>): Check => ({ op, axis, label, run: async () => result });
const FAKES = [
  fake('relu', 'f64 numeric', 'a', { verdict: 'PASS', message: 'fine', worst: 0.25 }),
  fake('relu', 'f32 cpu', 'b <&>', { verdict: 'FAIL', message: 'element 3 is "NaN" & <not> 2', worst: Infinity }),
  fake('sum', 'f64 numeric', 'c', { verdict: 'UNCHECKED', message: 'every slope is about zero' }),
  { ...fake('sum', 'repeat', 'd', { verdict: 'PASS', message: '' }), run: () => Promise.reject(new TypeError('broken\nin two lines')) },
];

async function reportOf(shard: { index: number; count: number }): Promise<Report> {
  const rows: Row[] = [];
  for (const { check, index } of shardOf(FAKES, shard)) rows.push({ ...(await runCheck(check, index)), milliseconds: 1 });
  const shards = [`${shard.index}/${shard.count}`];
  const report = { options: OPTIONS, ops: ['relu', 'sum'], adapter: 'x', shards, planned: countPlanned(FAKES), rows, mutants: null };
  return JSON.parse(JSON.stringify(report));
}

test('a process that crashes fails its check, and the others are run', async () => {
  const program = join(folder, 'crashes.mjs');
  writeFileSync(program, `
    process.on('message', async (places) => {
      for (const index of places) {
        if (index === 2) process.kill(process.pid, 'SIGKILL');
        await new Promise((resolve) => process.send({ index, verdict: 'PASS' }, resolve));
      }
    });
    process.on('disconnect', () => process.exit());
    process.send('ready');`);
  const sameOp = ['a', 'b', 'c', 'd', 'e'].map((label, index) => ({ check: fake('relu', 'f32 cpu', label, { verdict: 'PASS', message: '' }), index }));
  const rows = await runInProcesses(sameOp, 2, () => {}, program);
  assert.equal(rows.map(({ index, verdict }) => `${index} ${verdict}`), ['0 PASS', '1 PASS', '2 FAIL', '3 PASS', '4 PASS']);
  assert.match(rows[2].message, /ended during this check: SIGKILL/);
});

/** Throws unless every tag is closed in order and every attribute quoted; gives the elements by name. */
function parseXml(text: string): Map<string, Record<string, string>[]> {
  const open: string[] = [];
  const found = new Map<string, Record<string, string>[]>();
  const rest = text.replace(/^<\?xml[^>]*\?>/, '').replace(/<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, closing, name, attributes, empty) => {
    if (closing) assert.is(open.pop(), name, 'closing tag');
    else {
      const values = [...String(attributes).matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      found.set(name, [...(found.get(name) ?? []), Object.fromEntries(values)]);
      if (!empty) open.push(name);
    }
    return '';
  });
  assert.equal(open, []);
  assert.not.match(rest, /[<>]|&(?!(amp|lt|gt|quot|apos);)/);
  return found;
}

test('the JUnit file parses, with every check and its verdict', async () => {
  const elements = parseXml(junit(await reportOf({ index: 1, count: 1 })));
  assert.is(elements.get('testcase')!.length, 4);
  assert.equal(elements.get('testsuite')!.map(({ name, tests, failures, skipped }) => [name, tests, failures, skipped]), [
    ['relu', '2', '1', '0'], ['sum', '2', '1', '1'],
  ]);
  assert.is(elements.get('failure')![0].message, escapeMarkup('element 3 is "NaN" & <not> 2'));
  assert.is(elements.get('failure')![1].message, 'TypeError: broken in two lines');
  assert.is(elements.get('skipped')!.length, 1);
});

test('merged shards give the report of the whole', async () => {
  const whole = await reportOf({ index: 1, count: 1 });
  const half = await reportOf({ index: 2, count: 2 });
  const shards: Report[] = [];
  for (const index of [2, 1, 3]) shards.push(await reportOf({ index, count: 3 }));
  assert.equal(mergeReports(shards), whole);
  for (const show of [reportText, junit, html]) assert.is(show(mergeReports(shards)), show(whole));
  const part = shards.find(({ rows }) => rows.length > 0)!;
  assert.match(reportText(mergeReports([part])), /[1-3] of 4 checks/);
  assert.throws(() => mergeReports([shards[0], shards[0]]), /the same shard twice/);
  assert.throws(() => mergeReports([shards[0], half]), /different divisions: 2\/3, 2\/2/);
  assert.equal(gapsOf(mergeReports(shards)), []);
  assert.equal(gapsOf(mergeReports(shards.slice(1))), ['MISSING shards 2/3: name their reports too']);
  assert.match(gapsOf({ ...whole, rows: whole.rows.slice(1) })[0], /^MISSING 1 checks/);
  assert.throws(() => mergeReports([shards[0], { ...shards[1], options: { ...OPTIONS, seed: 2 } }]), /different runs/);
});

const MUTANTS: MutantReport['rows'] = [
  { kind: 'vjp', where: 'relu', what: 'x 2', verdict: 'killed', why: 'scalar' },
  { kind: 'wgsl', where: 'kernels/unary/unary.wgsl', what: "line 9: '<' to '<='", verdict: 'survived', why: 'a tie' },
  { kind: 'wgsl', where: 'kernels/unary/unary.wgsl', what: "line 10: '+' to '-'", verdict: 'equivalent', why: 'never read' },
];
const mutantReport = (rows: MutantReport['rows'], shard: string): MutantReport =>
  ({ adapter: 'y', shard, limit: null, seconds: 1, summary: summarise(rows), rows });

test('mutants, in shards, join the report: text, HTML, JUnit, and whether it is good', async () => {
  const whole = { ...(await reportOf({ index: 1, count: 1 })) };
  const merged = mergeReports([mutantReport(MUTANTS.slice(1), '2/2'), whole, mutantReport(MUTANTS.slice(0, 1), '1/2')]);
  assert.equal(merged.mutants!.summary, summarise(merged.mutants!.rows));
  assert.is(merged.mutants!.shard, '1/1');
  assert.match(reportText(merged), /backward mutants: 100\.0 % 1 killed[\s\S]*WGSL mutants: 0\.0 % 0 killed, 1 survived, 1 equivalent/);
  const page = html(merged);
  for (const part of ['100.0 %', 'a tie', 'never read', 'line 9: &apos;&lt;&apos;']) assert.ok(page.includes(part), part);
  const suites = parseXml(junit(merged)).get('testsuite')!.filter(({ name }) => name.startsWith('mutants of'));
  assert.equal(suites.map(({ name, failures, skipped }) => [name, failures, skipped]).sort(), [
    ['mutants of kernels/unary/unary.wgsl', '0', '2'], ['mutants of relu', '0', '0'],
  ]);
  const good = { ...merged, planned: {}, ops: [], rows: [] };
  assert.ok(isGood(totalsOf(good)));
  const unexplained = mutantReport([{ ...MUTANTS[1], why: '' }], '1/1');
  assert.not(isGood(totalsOf({ ...good, mutants: unexplained })));
  assert.match(junit({ ...good, mutants: unexplained }), /<failure message="survived: "/);
  assert.throws(() => mergeReports([unexplained]), /a report of the suite too/);
  const half = mutantReport(MUTANTS.slice(1), '2/2');
  assert.throws(() => mergeReports([whole, half, mutantReport([], '1/3')]), /different divisions: 2\/2, 1\/3/);
  assert.equal(gapsOf(mergeReports([whole, half])), ['MISSING shards of mutants 1/2: name their reports too']);
});

test('the text names failures, what was not learnt, holes, and the way to see them again', async () => {
  const text = reportText(await reportOf({ index: 1, count: 1 }));
  assert.match(text, /FAIL relu, f32 cpu \(b <&>\): element 3 is "NaN"/);
  assert.match(text, /again: npm run gradcheck -- --op relu --seed 1\n/);
  assert.match(text, /UNCHECKED sum, f64 numeric/);
  assert.match(text, /MISSING relu: webgpu forward: no check and no reason/);
  assert.match(text, /4 checks: 1 PASS, 2 FAIL, 1 UNCHECKED, \d+ cells MISSING$/);
});

test('the HTML file stands alone', async () => {
  const page = html(await reportOf({ index: 1, count: 1 }));
  assert.not.match(page, /<script|<link|src=|https?:/);
  assert.match(page, /Errors against tolerance[\s\S]*<svg/);
  assert.ok(page.includes('b &lt;&amp;&gt;'));
});

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('the command: two shards in two processes each, merged, are the whole in one; exit code 0', () => {
  const at = (name: string) => join(folder, name);
  const args = ['--device', 'cpu', '--op', 'relu,eq,random graphs', '--graphs', '3'];
  for (const i of [1, 2]) assert.is(run(...args, '--jobs', '2', '--shard', `${i}/2`, '--json', at(`${i}.json`)).status, 0);
  assert.is(run(...args, '--jobs', '1', '--json', at('whole.json')).status, 0);
  const half = run('--merge', at('2.json'));
  assert.is(half.status, 1, half.stderr);
  assert.match(half.stdout, /\d+ of \d+ checks: .*\nMISSING shards 1\/2: name their reports too\n$/);
  const merged = run('--merge', at('2.json'), at('1.json'), '--json', at('merged.json'), '--junit', at('x.xml'), '--html', at('x.html'));
  assert.is(merged.status, 0, merged.stdout);
  const figures = (name: string) => {
    const { rows, ...rest } = JSON.parse(readFileSync(at(name), 'utf8')) as Report;
    return { ...rest, rows: rows.map(({ milliseconds, ...row }) => row) };
  };
  assert.equal(figures('merged.json'), figures('whole.json'));
  parseXml(readFileSync(at('x.xml'), 'utf8'));
});

for (const [args, message] of [
  [['--op', 'nothing'], /--op nothing: no such op/],
  [['--shard', '3/2'], /--shard 3\/2: expected I\/N/],
  [['--device', 'tpu'], /--device tpu: choose one of cpu, webgpu/],
  [['--seed', '-1'], /--seed/],
  [['--colour'], /--colour/],
  [['--merge'], /--merge: name the JSON files/],
  [['--merge', 'package.json'], /package\.json: not a report/],
  [['--merge', '/no/such/file'], /no such file/],
  [['--device', 'cpu', '--op', 'relu', '--shard', '7/100000'], /--shard 7\/100000: none of the \d+ checks falls into it/],
  [['--mutants', '--kind', 'vjp', '--shard', '7/100000'], /--shard 7\/100000: there is no mutant to try/],
  [['--seeds', '1', '--op', 'argmax'], /--op argmax: --seeds checks gradients, and it has none/],
] as const) {
  test(`bad flags: ${args.join(' ')}`, () => {
    const { status, stderr } = run(...args);
    assert.is(status, 2, stderr);
    assert.match(stderr, /^gradcheck: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

test('what --merge cannot read is refused in one line', async () => {
  const whole = await reportOf({ index: 1, count: 1 });
  const [row] = whole.rows;
  const damaged: unknown[] = [
    { rows: [], shards: [] },
    null,
    { ...whole, shards: ['3/2'] },
    { ...whole, planned: undefined },
    { ...whole, rows: [row, null] },
    { ...whole, rows: [{ ...row, verdict: undefined }] },
    { ...whole, options: {} },
    { ...whole, mutants: { ...mutantReport(MUTANTS, '1/1'), rows: null } },
    { ...mutantReport(MUTANTS, '1/1'), rows: [{ kind: 'vjp' }] },
  ];
  const file = join(folder, 'damaged.json');
  const complaint = (text: string) => {
    writeFileSync(file, text);
    assert.throws(() => readReport(file), (error: Error) => error instanceof UsageError && /not a report that --json wrote, or a damaged one$/.test(error.message));
  };
  for (const value of damaged) complaint(JSON.stringify(value));
  complaint(JSON.stringify(whole).slice(0, -20));
  writeFileSync(file, JSON.stringify(whole));
  assert.equal(readReport(file), whole);
});

test.run();
