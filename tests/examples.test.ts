import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../index.js';
import { UsageError } from '../examples/commandLine.js';
import { type ExampleResult, record, runExample } from '../examples/example.js';
import { EXAMPLES } from '../examples/list.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';
import { rejectsWith } from './fixtures/expect.js';
import { skip } from './support.js';

/* A short seeded run of every example: it learns something, and writes its page and its figures. */

const test = suite('examples');
const folder = mkdtempSync(join(tmpdir(), 'tapegrad-examples-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Those that make their data themselves. */
const NEED_NO_DATA = ['date-translate', 'gan-ring', 'mlp-spirals'];

/** Runs `body` with what it prints kept in a list. */
async function withoutConsole(body: (printed: readonly string[]) => Promise<void>): Promise<void> {
  const { log, error } = console;
  const printed: string[] = [];
  console.log = console.error = (...words) => printed.push(words.join(' '));
  try {
    await body(printed);
  } finally {
    Object.assign(console, { log, error });
  }
}

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
    await withoutConsole(async (printed) => {
      const code = await runExample((await load()).example, ['--quick', '--device', 'cpu', '--seed', '1', '--out', folder, '--json', json]);
      assert.is(code, 0, printed.join('\n'));
    });
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

/** A folder with data sets that hold nothing, or next to nothing. */
function hollowData(): string {
  const data = join(folder, 'hollow');
  const files = {
    'tinyshakespeare.txt': 'ROMEO:\n', 'tabular/flights.csv': 'month,passengers\n1949-01,112\n', 'tabular/breast_cancer.csv': 'radius,label\n1,0\n',
    'rt-polarity/rt-polarity.neg': '', 'rt-polarity/rt-polarity.pos': '\n', 'fsdd/readme': '',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(data, name, '..'), { recursive: true });
    writeFileSync(join(data, name), text);
  }
  return data;
}

test('data sets that hold next to nothing, and files that cannot take the results, are named before the run', async () => {
  const [hollow, empty, text] = [hollowData(), join(folder, 'empty'), join(folder, 'text')];
  writeFileSync(empty, '');
  writeFileSync(text, '{}');
  for (const [name, flags, type, message] of [
    ['timeseries', ['--data', hollow], FormatError, /flights\.csv at byte 0: expected at least 61 months, found 1$/],
    ['char-rnn', ['--data', hollow], FormatError, /tinyshakespeare\.txt at byte 0: expected at least 20500 characters, found 7$/],
    ['tabular-medical', ['--data', hollow], FormatError, /cancer\.csv at byte 0: expected at least 10 rows, found 1$/],
    ['sentiment', ['--data', hollow], FormatError, /rt-polarity at byte 0: expected at least 10 sentences, found 0$/],
    ['spoken-digits', ['--data', hollow], FormatError, /fsdd at byte 0: expected at least 1 recordings .* to train, found 0$/],
    ['spoken-digits', ['--data', join(folder, 'nowhere')], FormatError, /fsdd at byte 0: expected at least 1 recordings .* to train, found 0$/],
    ['gan-ring', ['--seed', '4294967296'], UsageError, /^--seed 4294967296: expected a whole number from 0 to 4294967295$/],
    ['gan-ring', ['--record', empty], UsageError, /^--record .*empty: it holds no list of results; name another file, or remove it$/],
    ['gan-ring', ['--record', text], UsageError, /^--record .*text: it holds no list of results; name another file, or remove it$/],
    ['gan-ring', ['--out', text], UsageError, /^--out .*text: it is no folder to write to \(EEXIST\)$/],
  ] as const) {
    const { example } = await EXAMPLES[name]();
    await withoutConsole(() => rejectsWith(runExample(example, ['--quick', '--device', 'cpu', '--out', folder, ...flags]), type, message));
  }
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
