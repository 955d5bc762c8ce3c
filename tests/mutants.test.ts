import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps, shutdown } from '../index.js';
import { backendFor } from '../core/device.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import '../kernels/samples.js';
import type { WgslModule } from '../core/webgpu/kernel.js';
import { Bench, Kernels } from './gradcheck/bareCalls.js';
import { idleReasons } from './gradcheck/equivalents.js';
import { type Row, summarise } from './gradcheck/mutantReport.js';
import { DEFAULT_LIMITS } from './gradcheck/plans.js';
import { pruned } from './gradcheck/prune.js';
import { describeMutant, withFuel, wgslMutants } from './gradcheck/wgslMutants.js';
import { Trials, targetsByModule } from './gradcheck/wgslRuns.js';
import { initBothDevices } from './support.js';

/* The mutation runner, on one small shader; `npm run mutants` makes all of them. */

const test = suite('mutants');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

test('a shader\'s mutants, and fuel for every loop', () => {
  const code = [
    'fn half(x: u32) -> u32 {', '  return x / 2u; // 3u', '}',
    'fn unused(x: u32) -> u32 {', '  return x;', '}',
    '@compute @workgroup_size(64, 1, 1)', 'fn main() {', '  for (var i = 0u; i < half(8u); i++) {', '  }', '}',
  ].join('\n');
  const made = wgslMutants(code).map(({ line, mutated }) => `${line} ${mutated}`);
  assert.ok(made.includes('2 return x * 2u;'), made.join('\n'));
  assert.ok(made.includes('9 for (var i = 0u; i <= half(8u); i++) {'));
  assert.ok(made.includes('7 @compute @workgroup_size(32, 1, 1)'));
  assert.not(made.some((mutant) => mutant.includes('4u; ')), 'comments have no mutants');
  assert.ok(withFuel(code).includes('for (var i = 0u; ( i < half(8u)) && has_fuel(); i++) {'), withFuel(code));
  const withBarrier = withFuel('for (var k = 0u; k < n; k++) { workgroupBarrier(); }');
  assert.ok(/&& turns_0 < 20000u; k\+\+/.test(withBarrier), withBarrier);
});

test('what a launch makes of a shader: its overrides, the arm that runs, the functions that are called', () => {
  const code = [
    'override OP: u32;', 'const SQUARE = 3u;',
    'fn square(x: f32) -> f32 {', '  return x * x;', '}', 'fn twice(x: f32) -> f32 {', '  return x + x;', '}',
    'fn apply(x: f32) -> f32 {', '  switch OP {', '    case 2u: { return twice(x); } // sum', '    case SQUARE: { return square(x); }', '    default: { return x; }', '  }', '}',
    '@compute @workgroup_size(1, 1, 1)', 'fn main() {', '  apply(1.0);', '}', '',
  ].join('\n');
  const module = { name: 'toy.wgsl', code, tiles: [] } as unknown as WgslModule;
  const withOp = (OP: number) => pruned(code, { module, overrides: { OP }, workgroups: [1, 1, 1] });
  assert.ok(/override OP: u32= 3;/.test(withOp(3)) && /return square/.test(withOp(3)) && !/twice/.test(withOp(3)), withOp(3));
  assert.ok(/return twice/.test(withOp(2)) && !/square/.test(withOp(2)), withOp(2));
  assert.ok(/return x;/.test(withOp(7)) && !/square|twice/.test(withOp(7)), withOp(7));
});

test('every reason for a survivor is about a mutant that there is', () => {
  const shaders = [...targetsByModule(allOps(), { ...DEFAULT_LIMITS, subgroupSize: 8 }).keys()];
  assert.equal(idleReasons(shaders.flatMap(({ name, code }) => wgslMutants(code).map((mutant) => ({ where: name, what: describeMutant(mutant) })))), []);
});

test('writes past the end, grids folded wrongly and loops without end are killed; right code is not', async () => {
  const bench = new Bench(backendFor('webgpu') as WebGpuBackend);
  const [module, targets] = [...targetsByModule(allOps(), bench.limits)].find(([{ name }]) => name.endsWith('gather.wgsl'))!;
  const trials = await Trials.of(bench, module, targets, new Kernels(bench));
  const mutants = wgslMutants(module.code);
  const killerOf = async (line: string) => (await trials.killerOf(mutants.find(({ mutated }) => mutated === line)!.code)) ?? 'nothing';
  assert.match(await killerOf('if (first > params.size) {'), /^gather \(.*\): out is written past its end$/);
  assert.match(await killerOf('let first = (((group.z * grid.y - group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;'), /^gather \(.*\): output 0/);
  assert.match(await killerOf('for (var axis = params.rank; axis >= 0u; axis--) {'), /a loop without end$/);
  assert.match(await killerOf('let exists = position <= params.axis_extent;'), /index 3.*\): output 0/);
  assert.is(await trials.killerOf(module.code), null);
  assert.not(trials.neverCompiled(mutants[0].code));
  trials.destroy();
});

test('totals of each kind and place', () => {
  const row = (where: string, verdict: Row['verdict']): Row => ({ kind: 'wgsl', where, what: '', verdict, why: '' });
  const { wgsl, vjp, places } = summarise([row('a', 'killed'), row('a', 'survived'), row('b', 'killed'), row('b', 'equivalent'), row('b', 'does not compile')]);
  assert.equal(wgsl, { killed: 2, survived: 1, equivalent: 1, doesNotCompile: 1, score: 200 / 3 });
  assert.is(vjp.score, null);
  assert.equal(places.map(({ where, score }) => [where, score]), [['a', 50], ['b', 100]]);
});

test.run();
