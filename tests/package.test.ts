import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync, transformSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/*
 * The packed package, installed into an empty project without a network: every entry point, one engine behind all of them, the
 * types, and the README's first use of it, an op with a wrong gradient.
 */

const PROGRAM = `
import { getOp, init, tensor, type Tensor } from 'tapegrad';
import { gradcheck } from 'tapegrad/gradcheck';
import { generateDigits } from 'tapegrad/datasets';
import { Linear } from 'tapegrad/nn';
import { Adam } from 'tapegrad/optim';

await init({ device: 'cpu' });
const layer: Linear = new Linear(2, 1);
const x: Tensor = tensor([[1, 2]]).add(1);
layer.call(x).sum().backward();
new Adam(layer.parameters()).step();
const { verdict } = await gradcheck((a: Tensor) => a.tanh(), [tensor([0.3], { dtype: 'float64', requiresGrad: true })]);
console.log(verdict, generateDigits('train', 20).shape[0], getOp('conv2d').name);
`;

/** The README's program that checks an op, and what it prints. */
const [, CHECKED_OP, REPORT] = /^## Checking gradients[\s\S]*?^```ts\n([\s\S]*?)^```\n```text\n([\s\S]*?)^```/m.exec(readFileSync('README.md', 'utf8'))!;

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-package-'));
const test = suite('package');
test.before(() => {
  const npm = (cwd: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
    assert.is(status, 0, stdout + stderr);
  };
  npm('.', 'pack', '--pack-destination', folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  npm(folder, 'install', '--offline', '--no-audit', '--no-fund', `./${readdirSync(folder).find((file) => file.endsWith('.tgz'))!}`);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints, its types left out, as Node wants it. */
function run(program: string): { stdout: string; stderr: string } {
  writeFileSync(join(folder, 'program.mjs'), transformSync(program, { loader: 'ts' }).code);
  return spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' });
}

test('every entry point can be imported, and all share one engine', () => {
  const { stdout, stderr } = run(PROGRAM);
  assert.is(stdout, 'PASS 20 conv2d\n', stderr);
});

test('a bundler packs it for a browser, at its defaults and without a warning', () => {
  const { errors, warnings } = buildSync({
    stdin: { contents: PROGRAM, loader: 'ts', resolveDir: folder }, bundle: true, format: 'esm', write: false, logLevel: 'silent',
  });
  assert.equal([errors, warnings], [[], []]);
});

test('an op with a wrong gradient is declared, checked and reported in under 20 lines; put right it passes', () => {
  assert.ok(CHECKED_OP.trim().split('\n').length < 20);
  const { stdout, stderr } = run(CHECKED_OP);
  assert.is(stdout, REPORT, stderr);
  assert.match(stdout, /^FAIL: gradients differ at input 0\[1\]/);
  assert.ok(CHECKED_OP.includes('.rsqrt())]'));
  const right = run(CHECKED_OP.replace('.rsqrt())]', '.rsqrt().pow(3))]'));
  assert.match(right.stdout, /^PASS: /, right.stderr);
});

const NODE = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node'];
const BARE = ['--types', '']; // neither Node's types nor a browser's
for (const [lib, types] of [['ES2022', NODE], ['ES2022', BARE], ['ES2022,DOM', BARE], ['ES2022,DOM,ESNext.Disposable', NODE]] as const) {
  test(`the types hold in a strict project of lib ${lib}${types === NODE ? ' with the types of Node' : ''}`, () => {
    for (const [file, program] of [['program.ts', PROGRAM], ['op.ts', CHECKED_OP]]) writeFileSync(join(folder, file), program);
    const hasConsole = types === NODE || lib.includes('DOM');
    writeFileSync(join(folder, 'console.d.ts'), hasConsole ? '' : 'declare const console: { log(...values: unknown[]): void };');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', lib];
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const args = [tsc, ...flags, ...types, 'program.ts', 'op.ts', 'console.d.ts'];
    const result = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.is(result.status, 0, result.stdout);
  });
}

test.run();
