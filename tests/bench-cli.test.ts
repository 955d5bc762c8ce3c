import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchRecord } from '../bench/record.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';

/* `npm run bench` as a process: a whole run with its reports, comparisons, and bad flags. No figure is asserted. */

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/bench-');
let program = '';

const test = suite('bench-cli');
test.before(async () => {
  program = await bundleProgram('bench/main.ts', folder);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('one small row as a process: four reports, and compared with itself', () => {
  const file = (kind: string) => join(folder, `report.${kind}`);
  const { status, stdout, stderr } = run(
    '--filter', '^softmax rows of .128, 10', '--axis', 'rows=64,columns=12', '--seconds', '0.01',
    ...['json', 'csv', 'html', 'md'].flatMap((kind) => [`--${kind}`, file(kind)]),
  );
  assert.is(status, 0, stderr);
  assert.match(stdout, /softmax rows of \[64, 12\] /);
  assert.match(stdout, /1 row: 1 measured, 0 wrong, 0 failed/);
  const record = JSON.parse(readFileSync(file('json'), 'utf8')) as BenchRecord;
  assert.is(record.rows[0].id, 'softmax rows of [64, 12]');
  assert.equal(record.rows[0].axes, { rows: 64, columns: 12 });
  assert.ok(record.environment.webgpu!.limits.maxBufferSize > 0 && record.environment.commit !== undefined);
  assert.match(record.rows[0].contact!.wgsl, /^[0-9a-f]{8}$/);
  assert.match(readFileSync(file('csv'), 'utf8'), /^row,side,.*\r\n"softmax rows of \[64, 12\]",this,measured,/);
  assert.match(readFileSync(file('md'), 'utf8'), /\| softmax rows of \[64, 12\] \|/);
  const page = readFileSync(file('html'), 'utf8');
  assert.match(page, /<svg[\s\S]*softmax rows of \[64, 12\]/);
  assert.not.match(page, /(src|href)="(?!data:|#)/, 'the page loads nothing');

  const compared = run('compare', file('json'), file('json'));
  assert.is(compared.status, 0, compared.stderr);
  assert.match(compared.stdout, /1 row: 0 FASTER, 0 SLOWER, \d SAME, \d UNDECIDED/);

  const slower = { ...record, rows: record.rows.map((row) => ({ ...row, figures: JSON.parse(JSON.stringify(row.figures)) })) };
  for (const row of slower.rows) row.figures.hot.rounds = row.figures.hot.rounds.map((round: number[]) => round.map((time) => 1000 * time));
  writeFileSync(file('slower.json'), JSON.stringify(slower));
  const worse = run('compare', file('json'), file('slower.json'));
  assert.is(worse.status, 1, worse.stdout);
  assert.match(worse.stdout, / SLOWER\n/);
});

test('--list measures nothing', () => {
  const { status, stdout } = run('--list', '--filter', '^matmul ');
  assert.is(status, 0);
  assert.match(stdout, /matmul 512\^3 .* n=512 /);
  assert.match(run('--list', '--filter', '^matmul 512\\^3$').stdout, /\n1 row\n$/);
});

const BAD: [string[], RegExp][] = [
  [['--filter', 'no such row'], /no row matches .*--list/],
  [['--axis', 'moons=3', '--variant', 'nonsense'], /: no row has the axes moons;/],
  [['--axis', 'moons=3', '--filter', '^matmul'], /: no row that matches \/\^matmul\/ has the axes moons;/],
  [['--variant', 'nonsense'], /: no row has the variants nonsense;/],
  [['compare', 'package.json', 'package.json'], /package\.json is no JSON report/],
  [['--html', '/no/such/folder/x.html'], /--html \/no\/such\/folder\/x\.html: it cannot be written/],
];
for (const [args, message] of BAD) {
  test(`one line and exit code 2: ${args.join(' ')}`, () => {
    const { status, stderr } = run(...args);
    assert.is(status, 2, stderr);
    assert.match(stderr, /^bench: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

test('an adapter that there is none of: one line and exit code 2, of whatever program', () => {
  for (const name of ['foo', 'toString']) {
    const env = { ...process.env, TAPEGRAD_ADAPTER: name };
    const { status, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', 'bench/main.ts', '--help'], { encoding: 'utf8', env });
    assert.is(status, 2, stderr);
    assert.is(stderr, `TAPEGRAD_ADAPTER=${name}: choose one of auto, none, machine, lavapipe, swiftshader\n`);
  }
});

test.run();
