import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../index.js';
import type { KernelOp } from '../core/op.js';
import { type Sample, samplesOf } from '../core/samples.js';
import { type AdapterFamily, familyOf, fixedSubgroupSize } from '../core/webgpu/adapter.js';
import type { KernelCall, WgslModule } from '../core/webgpu/kernel.js';
import { Tuning, type TuningTable, hashOfWgsl, hashesOfWgsl, isAsMeasured } from '../core/webgpu/tuning.js';
import lavapipe from '../kernels/tuning/lavapipe.json';
import swiftshader from '../kernels/tuning/swiftshader.json';
import '../kernels/samples.js';
import { axpb } from './fixtures/webgpuOps.js';
import { DEFAULT_LIMITS } from './gradcheck/plans.js';

/* Which variant of a kernel runs: forced, measured on this adapter, measured on one of its family, or the op's own default. */

const NAMES = ['plain', 'tiled', 'wide'];

/** Three kernels that differ by their code, and a log of those that were planned. */
function tunedOp(): { op: KernelOp<object>; codes: Record<string, string> } {
  const codes: Record<string, string> = Object.fromEntries(NAMES.map((name) => [name, `// ${name}`]));
  const op: KernelOp<object> = {
    ...(axpb as KernelOp<object>),
    name: 'tuned',
    variants: { names: NAMES, untuned: { discrete: 'wide' }, bucket: ({ inputs: [x] }) => (x.shape[0] < 100 ? 'short' : 'long') },
    kernel: ({ variant = NAMES[0] }) => ({ launches: [{ module: { name: variant, code: codes[variant] } as WgslModule, workgroups: [1, 1, 1] }] }),
  };
  return { op, codes };
}

const callOf = (length: number) => ({ inputs: [{ shape: [length], dtype: 'float32' }], outputs: [], attrs: {} }) as unknown as KernelCall<object>;
const planned = (tuning: Tuning, op: KernelOp<object>, length: number) => tuning.plan(op, callOf(length)).launches[0].module.name;

function tableOf(op: KernelOp<object>, adapter: string, family: AdapterFamily, buckets: Record<string, string>): TuningTable {
  const entries = Object.entries(buckets).map(([bucket, variant]) =>
    [bucket, { variant, wgsl: hashesOfWgsl([op.kernel({ ...callOf(1), variant })]) }]);
  return { adapter, family, entries: { tuned: Object.fromEntries(entries) } };
}

test("the adapter's own table counts, then the first of its family, then the op's default", () => {
  const { op } = tunedOp();
  const tables = [
    tableOf(op, 'soft one', 'software', { short: 'tiled' }),
    tableOf(op, 'soft two', 'software', { short: 'wide', long: 'tiled' }),
  ];
  const own = new Tuning('mesa, soft two (software)', 'software', tables);
  assert.equal([planned(own, op, 1), planned(own, op, 100)], ['wide', 'tiled']);
  const unknown = new Tuning('something else', 'software', tables);
  assert.equal([planned(unknown, op, 1), planned(unknown, op, 100)], ['tiled', 'plain']);
  assert.equal(planned(new Tuning('a card', 'discrete', tables), op, 1), 'wide', 'untuned');
  assert.equal(planned(new Tuning('a chip', 'integrated', tables), op, 1), 'plain');
});

test('an entry measured with other WGSL, or that names no variant, is ignored and reported once', () => {
  const { op, codes } = tunedOp();
  const table = tableOf(op, 'soft', 'software', { short: 'tiled', long: 'wide' });
  codes.tiled += ', changed since';
  const tuning = new Tuning('soft', 'software', [table]);
  assert.equal([planned(tuning, op, 1), planned(tuning, op, 2), planned(tuning, op, 100)], ['plain', 'plain', 'wide']);
  assert.equal(tuning.stale, [{ op: 'tuned', bucket: 'short', entry: table.entries.tuned.short }]);

  const gone: TuningTable = { ...table, entries: { tuned: { short: { variant: 'gone', wgsl: {} } } } };
  const unmeasured: TuningTable = { ...table, entries: { tuned: { short: { variant: 'tiled', wgsl: { elsewhere: '0' } } } } };
  assert.is(planned(new Tuning('soft', 'software', [unmeasured]), op, 1), 'tiled', 'a file that was not measured says nothing');

  const other = new Tuning('soft', 'software', [gone]);
  assert.is(planned(other, op, 1), 'plain');
  assert.is(other.stale.length, 1);
});

test('a forced variant overrules every table until it is let go', () => {
  const { op } = tunedOp();
  const tuning = new Tuning('soft', 'software', [tableOf(op, 'soft', 'software', { short: 'tiled' })]);
  tuning.force('tuned', 'wide');
  assert.is(planned(tuning, op, 1), 'wide');
  tuning.force('tuned', null);
  assert.is(planned(tuning, op, 1), 'tiled');
});

test('the hash sees code, entry point and tiles', () => {
  const launch = { module: { code: 'a' } as WgslModule, workgroups: [1, 1, 1] as const };
  const hash = (changes: object) => hashOfWgsl({ launches: [{ ...launch, ...changes }] });
  const hashes = [{}, { module: { code: 'b' } }, { entryPoint: 'pack' }, { tiles: { ROWS: 8 } }, { tiles: { ROWS: 4 } }].map(hash);
  assert.is(new Set(hashes).size, hashes.length);
  assert.is(hash({ params: { n: 1 }, workgroups: [2, 1, 1] }), hash({}), 'shapes do not matter');
});

test('families by what WebGPU tells of an adapter', () => {
  assert.is(familyOf({ isFallbackAdapter: true, vendor: 'mesa' }), 'software');
  assert.is(familyOf({ isFallbackAdapter: false, vendor: 'nvidia' }), 'discrete');
  assert.is(familyOf({ isFallbackAdapter: false, vendor: 'apple' }), 'integrated');
});

test('subgroups count where all have one size', () => {
  assert.is(fixedSubgroupSize({ subgroupMinSize: 8, subgroupMaxSize: 8 }), 8);
  assert.is(fixedSubgroupSize({ subgroupMinSize: 8, subgroupMaxSize: 32 }), 0);
  assert.is(fixedSubgroupSize({}), 0);
});

test('the variant for subgroups is another kernel with them, and a plain one without', () => {
  const op = allOps().find(({ name }) => name === 'conv2d') as KernelOp<any>;
  const call = callOfSample(op, samplesOf('conv2d')!.samples.find(({ label }) => label === 'several workgroups')!);
  const modules = (subgroupSize: number, variant: string) =>
    op.kernel({ ...call, limits: { ...DEFAULT_LIMITS, subgroupSize }, variant }).launches.map(({ module }) => module.name);
  for (const size of [4, 8]) assert.is(modules(size, 'subgroups').at(-1), 'kernels/conv2d/subgroups.wgsl');
  for (const size of [0, 16, 32]) assert.equal(modules(size, 'subgroups'), modules(size, 'plain'));
});

/** A sample's float32 call, as `bucket` and `kernel` see it. */
function callOfSample(op: KernelOp<any>, { inputs: given, attrs = {} }: Sample): KernelCall<any> {
  const inputs = given.map(({ shape, dtype = 'float32' }) => ({ shape, dtype }));
  return { inputs, outputs: op.infer(inputs, attrs), attrs, limits: { ...DEFAULT_LIMITS, subgroupSize: 8 } };
}

test('shipped tables name variants that exist, and were measured with the WGSL that is here', () => {
  for (const { adapter, entries } of [lavapipe, swiftshader] as TuningTable[]) {
    for (const [name, buckets] of Object.entries(entries)) {
      const op = allOps().find((candidate) => candidate.name === name);
      assert.ok(op && !('view' in op) && op.variants, `${adapter}: ${name} has variants`);
      const calls = samplesOf(name)!.samples.map((sample) => callOfSample(op, sample));
      for (const [bucket, { variant, wgsl }] of Object.entries(buckets)) {
        assert.ok(op.variants.names.includes(variant), `${adapter}: ${name}, ${variant}`);
        const plans = calls.filter((call) => op.variants!.bucket(call) === bucket).map((call) => op.kernel({ ...call, variant }));
        const measured = Object.keys(wgsl);
        const known = hashesOfWgsl(plans);
        assert.ok(measured.length > 0 && measured.every((file) => file in known), `${adapter}: ${name}, ${bucket}: samples run ${measured}`);
        for (const plan of plans) assert.ok(isAsMeasured(plan, { variant, wgsl }), `${adapter}: ${name}, ${bucket} was measured with other WGSL; tune again`);
      }
    }
  }
});

test.run();
