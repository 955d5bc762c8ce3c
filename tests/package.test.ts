import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/* The built package, as a stranger's project sees it: every entry point, one engine behind all of them, and the types. */

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

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-package-'));
const test = suite('package');
test.before(() => {
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  assert.is(build.status, 0, build.stdout + build.stderr);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules/tapegrad'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('every entry point can be imported, and all share one engine', () => {
  writeFileSync(join(folder, 'program.mjs'), PROGRAM.replace(', type Tensor', '').replaceAll(/: (Tensor|Linear)\b/g, ''));
  const result = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' });
  assert.is(result.stdout, 'PASS 20 conv2d\n', result.stderr);
});

test('the types hold in a strict project', () => {
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'ES2022,DOM,ESNext.Disposable'];
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const types = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node'];
  const result = spawnSync(process.execPath, [tsc, ...flags, ...types, 'program.ts'], { cwd: folder, encoding: 'utf8' });
  assert.is(result.status, 0, result.stdout);
});

test.run();
