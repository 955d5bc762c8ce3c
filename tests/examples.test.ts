import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExampleResult, record, runExample } from '../examples/example.js';
import { EXAMPLES } from '../examples/list.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';
import { skip } from './support.js';

/* A short seeded run of every example: it learns something, and writes its page and its figures. */

const test = suite('examples');
const folder = mkdtempSync(join(tmpdir(), 'tapegrad-examples-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Those that make their data themselves. */
const NEED_NO_DATA = ['date-translate', 'gan-ring', 'mlp-spirals'];

test('every folder is listed', () => {
  const folders = readdirSync('examples', { withFileTypes: true }).filter((entry) => entry.isDirectory() && !['out', 'results'].includes(entry.name));
  assert.equal(folders.map(({ name }) => name).sort(), [...Object.keys(EXAMPLES), 'mnist-cnn'].sort());
});

for (const [name, load] of Object.entries(EXAMPLES)) {
  if (!NEED_NO_DATA.includes(name) && !process.env.TAPEGRAD_DATA) {
    skip(`${name}: TAPEGRAD_DATA is not set`);
    continue;
  }
  test(name, async () => {
    const json = join(folder, `${name}.json`);
    const { log, error } = console;
    const printed: string[] = [];
    console.log = console.error = (...words) => printed.push(words.join(' '));
    try {
      const code = await runExample((await load()).example, ['--quick', '--device', 'cpu', '--seed', '1', '--out', folder, '--json', json]);
      assert.is(code, 0, printed.join('\n'));
    } finally {
      Object.assign(console, { log, error });
    }
    const result = JSON.parse(readFileSync(json, 'utf8')) as ExampleResult;
    assert.ok(result.reached && Object.values(result.metrics).every(Number.isFinite), JSON.stringify(result));
    assert.match(readFileSync(join(folder, `${name}.html`), 'utf8'), new RegExp(`<title>${name}: [\\s\\S]*<(svg|img)`));
  });
}

test('a recorded run replaces one of the same command on the same adapter', () => {
  const file = join(folder, 'record.json');
  const result = {
    example: 'x', device: 'cpu', adapter: 'a', quick: false, metrics: { accuracy: 0.5 }, goal: { metric: 'accuracy', direction: 'at least', value: 1 },
    reached: false, seconds: 1, cpuSeconds: 1, commit: null,
  } as const;
  const run = (seed: number, adapter: string, accuracy: number): ExampleResult => ({ ...result, seed, adapter, command: `x --seed ${seed}`, metrics: { accuracy } });
  const runs = [run(10, 'a', 0.5), run(2, 'a', 0.1), run(2, 'b', 0.5), run(2, 'a', 0.6)];
  for (const each of runs) record(file, each);
  assert.equal(JSON.parse(readFileSync(file, 'utf8')), [runs[3], runs[0], runs[2]]);
});

test('bad names, bad flags and missing data end with one line and exit code 2', async () => {
  mkdirSync('.cache', { recursive: true });
  const cache = mkdtempSync('.cache/examples-');
  try {
    const program = await bundleProgram('examples/main.ts', cache);
    const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env: { ...process.env, TAPEGRAD_DATA: '' } });
    for (const [args, message] of [
      [['nothing'], /^example: there is no example nothing; choose one of augmentation, [^\n]*\n$/],
      [['toString'], /^example: there is no example toString/],
      [['gan-ring', '--sed', '1'], /^example: Unknown option '--sed'[^\n]*\n$/],
      [['timeseries', '--device', 'cpu'], /^example: needs tabular\/flights\.csv [^\n]*--data DIR or TAPEGRAD_DATA\n$/],
      [['timeseries', '--device', 'cpu', '--data', folder], /^example: [^\n]*flights\.csv at byte 0: expected a readable file, found ENOENT\n$/],
    ] as const) {
      const result = run(...args);
      assert.is(result.status, 2, result.stderr);
      assert.match(result.stderr, message);
    }
    assert.match(run().stdout, /char-rnn +an LSTM reads Shakespeare/);
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test.run();
