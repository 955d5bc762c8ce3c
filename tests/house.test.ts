import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../index.js';
import { isView } from '../core/op.js';
import { samplesOf } from '../core/samples.js';
import '../kernels/samples.js';

/* The rules of the house that a program can check. Paths are relative to the repository's root, where tests run. */

/** Room -> rooms it may import. Anything may import itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  kernels: ['core'],
  nn: ['kernels', 'core'],
  optim: ['kernels', 'core'],
  datasets: ['kernels', 'core'],
  examples: ['core', 'kernels', 'nn', 'optim', 'datasets', 'index.ts'],
};

function sourceFiles(room: string): string[] {
  return readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(room, file));
}

function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g);
  return [...found].map(([, path]) => normalize(join(dirname(file), path)).replace(/\.js$/, '.ts'));
}

for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${room}/ imports only ${[room, ...allowed].join(', ')}`, () => {
    const files = sourceFiles(room);
    assert.ok(files.length > 0, `${room}/ has no source`);
    for (const file of files) {
      for (const target of importsOf(file)) {
        const [targetRoom] = target.split('/');
        assert.ok(targetRoom === room || allowed.includes(targetRoom), `${file} imports ${target}`);
      }
    }
  });
}

test('the engine never imports samples', () => {
  for (const room of Object.keys(MAY_IMPORT)) {
    for (const file of sourceFiles(room)) {
      if (/samples\.ts$/.test(file)) continue;
      assert.not(importsOf(file).some((target) => /(^|\/)samples\.ts$/.test(target)), `${file} imports samples`);
    }
  }
});

test('every op has a vjp or a reason, samples, error samples and a bench shape', () => {
  assert.ok(allOps().length > 0);
  for (const op of allOps()) {
    assert.ok(typeof op.vjp === 'function' || op.vjp.notDifferentiable.length > 0, `${op.name}: vjp`);
    const declared = samplesOf(op.name);
    assert.ok(declared && declared.samples.length > 0, `${op.name}: samples`);
    assert.ok(declared!.errors.length > 0, `${op.name}: error samples`);
    assert.ok(isView(op) || declared!.bench.length > 0, `${op.name}: bench shapes`);
  }
});

test('every WGSL file opens with what it computes', () => {
  for (const file of readdirSync('kernels', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wgsl'))) {
    const text = readFileSync(join('kernels', file), 'utf8');
    assert.match(text, /^\/\/ \S/, `kernels/${file} has no header`);
    assert.match(text, /^\/\/ Cost: /m, `kernels/${file} does not state its cost`);
  }
});

test.run();
