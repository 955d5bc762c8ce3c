import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundle } from '../scripts/build.mjs';

/* The README: its programs run and print what it says, its commands exist, its files too, and its op is added as told. */

const README = readFileSync('README.md', 'utf8');
const blocks = [...README.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => ({ language, file, text }));
const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Record<string, string>;

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/readme-');

const test = suite('readme');
test.after(() => rmSync(folder, { recursive: true, force: true }));

blocks.forEach(({ language, file, text }, i) => {
  if (language !== 'ts' || file) return;
  test(`program ${i + 1} prints what the README says`, async () => {
    const expected = blocks[i + 1];
    assert.is(expected.language, 'text', 'a program is followed by what it prints');
    const entry = join(folder, `program${i}.ts`);
    writeFileSync(entry, text);
    const alias = Object.fromEntries(
      [
        ['tapegrad/nn', 'nn/index.ts'], ['tapegrad/datasets', 'datasets/index.ts'], ['tapegrad/optim', 'optim/index.ts'], ['tapegrad/gradcheck', 'core/gradcheck.ts'], ['tapegrad', 'index.ts'],
      ].map(([name, path]) => [name, resolve(path)]),
    );
    await bundle([entry], folder, { platform: 'node', packages: 'external', alias, outbase: folder });
    const result = spawnSync(process.execPath, ['-e', `import(${JSON.stringify(resolve(entry.replace(/ts$/, 'mjs')))}).then(() => process.exit(0))`], { encoding: 'utf8' });
    assert.is(result.status, 0, result.stderr);
    assert.is(result.stdout, expected.text);
  });
});

const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'));

for (const command of commands.filter((line) => !line.startsWith('npm ci'))) {
  test(`command: ${command}`, () => {
    const result = spawnSync(command, { shell: true, encoding: 'utf8' });
    assert.is(result.status, 0, result.stderr);
  });
}

test('every npm command that the README names exists', () => {
  const names = [...README.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, run, own]) => run ?? own);
  assert.ok(names.length > 5);
  for (const name of names) assert.ok(name in scripts, `npm run ${name}`);
});

test('every file that the README names exists', () => {
  const paths = [...README.matchAll(/`((?:core|kernels|nn|optim|datasets|tests|bench|examples)\/[\w./-]*)`/g)].map(([, path]) => path);
  assert.ok(paths.length > 15);
  for (const path of paths) assert.ok(existsSync(path), path);
});

test('every development dependency has its reason', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> };
  for (const name of Object.keys(devDependencies)) {
    assert.ok(README.includes(`\`${name}\``) || name.startsWith('@types/'), `${name}: the README does not say why it is there`);
  }
});

test('adding an op as the README tells it', () => {
  const house = join(folder, 'house');
  mkdirSync(house);
  for (const part of ['core', 'kernels', 'nn', 'optim', 'datasets', 'examples', 'tests', 'scripts', 'index.ts', 'package.json']) {
    cpSync(part, join(house, part), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(house, 'node_modules'));
  if (existsSync('.cache/swiftshader')) {
    mkdirSync(join(house, '.cache'));
    symlinkSync(resolve('.cache/swiftshader'), join(house, '.cache/swiftshader'));
  }
  for (const { file, text } of blocks) {
    if (!file) continue;
    mkdirSync(join(house, dirname(file)), { recursive: true });
    appendFileSync(join(house, file), text);
  }
  const result = spawnSync('npm', ['test', '--', 'ops.test', 'house.test'], {
    cwd: house, encoding: 'utf8', env: { ...process.env, TAPEGRAD_OPS: 'isru' },
  });
  assert.is(result.status, 0, result.stdout);
  const [, passed] = /ops\.test\.ts: (\d+) passed, 0 failed/.exec(result.stdout) ?? [];
  assert.ok(Number(passed) >= 5, result.stdout);
});

test.run();
