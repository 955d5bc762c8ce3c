import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sizes } from '../core/samples.js';
import { UsageError } from '../examples/commandLine.js';
import { parseAxes } from '../bench/axes.js';
import { parseBrowser, parseComparison, parseOptions } from '../bench/options.js';
import { type ProbeResult, bandwidthAt, rooflineOf, shareOf } from '../bench/roofline.js';
import { combinations, costOf, selectRows } from '../bench/rows.js';
import { medianOf, summaryOf } from '../bench/statistics.js';

/* The bench: what it selects, and its arithmetic. Nothing here is timed. */

const test = suite('bench');

test('an axis: one value, both ends, added and multiplied steps', () => {
  const valuesOf = (text: string) => parseAxes(text).map(({ name, values }) => [name, ...values]);
  assert.equal(valuesOf('n=7'), [['n', 7]]);
  assert.equal(valuesOf('n=7:9'), [['n', 7, 9]]);
  assert.equal(valuesOf('n=7:7'), [['n', 7]]);
  assert.equal(valuesOf('n=256:4096:*2'), [['n', 256, 512, 1024, 2048, 4096]]);
  assert.equal(valuesOf('n=10:25:+5'), [['n', 10, 15, 20, 25]]);
  assert.equal(valuesOf('n=10:24:5,batch=32'), [['n', 10, 15, 20], ['batch', 32]]);
  assert.equal(parseAxes(undefined), []);
});

test('an axis that makes no sense is an error of use', () => {
  for (const text of ['', 'n', 'n=', 'n=x', 'n=0', 'n=9:7', 'n=1:9:*1', 'n=1:9:0', 'n=1:9:-1', 'n=1:2:3:4', 'n=1,n=2', 'n=1:1000000']) {
    if (text === 'n=1:1000000') assert.equal(parseAxes(text)[0].values, [1, 1_000_000]);
    else assert.throws(() => parseAxes(text), (error: Error) => error instanceof UsageError && error.message.startsWith('--axis '), text);
  }
  const TOO_MANY: [string, RegExp][] = [
    ['n=1:100000:1', /^--axis n=1:100000:1: 100000 values; 1000 at most$/],
    ['n=1:9999999999:1', /9999999999 values/], // as an array: no memory holds it
    ['n=1:99999999999999999999999:1', /whole numbers up to 9007199254740991/], // adding 1 would change nothing
    ['n=1:2:9007199254740993', /whole numbers/],
    ['a=1:100:1,b=1:100:1', /10000 combinations; 1000 at most/],
  ];
  for (const [text, message] of TOO_MANY) {
    assert.throws(() => parseAxes(text), (error: Error) => error instanceof UsageError && message.test(error.message), text);
  }
  assert.is(parseAxes('n=1:9007199254740991:*2')[0].values.length, 53);
});

test('axes combine, the last one fastest', () => {
  assert.equal(combinations(parseAxes('a=1:2,b=3:4')), [{ a: 1, b: 3 }, { a: 1, b: 4 }, { a: 2, b: 3 }, { a: 2, b: 4 }]);
  assert.equal(combinations([]), [{}]);
});

test('rows: all of the registry, by pattern, and with other extents', () => {
  const all = selectRows(/./, []);
  assert.ok(all.length > 100);
  assert.is(new Set(all.map(({ id }) => id)).size, all.length, 'ids are unique');
  assert.equal(selectRows(/^matmul \d+\^3$/, []).map(({ id }) => id), ['matmul 256^3', 'matmul 512^3', 'matmul 1024^3']);

  const swept = selectRows(/^matmul /, parseAxes('n=64:256:*2'));
  assert.equal(swept.map(({ id }) => id), ['matmul 64^3', 'matmul 128^3', 'matmul 256^3']);
  assert.equal(swept[0].shape.inputs.map(({ shape }) => shape), [[64, 64], [64, 64]]);
  assert.equal(swept[0].shape.axes, { n: 64 });
  assert.equal(selectRows(/./, parseAxes('nowhere=1')), []);
  assert.equal(selectRows(/no such row/, []), []);
});

test('sizes: the extents that a family leaves alone stay', () => {
  const [shape] = sizes([{ rows: 2, columns: 3 }], ({ rows, columns }) => ({ label: `[${rows}, ${columns}]`, inputs: [{ shape: [rows, columns] }] }));
  assert.equal(shape.axes, { rows: 2, columns: 3 });
  const wider = shape.at!({ ...shape.axes, columns: 5 });
  assert.is(wider.label, '[2, 5]');
  assert.equal(wider.axes, { rows: 2, columns: 5 });
});

test('the work of a row', () => {
  const [matmul] = selectRows(/^matmul 256\^3$/, []);
  assert.equal(costOf(matmul), { flops: 2 * 256 ** 3, bytes: 3 * 4 * 256 ** 2 });
  const [relu] = selectRows(/^relu 4M$/, []);
  assert.equal(costOf(relu), { flops: 2 ** 22, bytes: 2 * 4 * 2 ** 22 }, 'the default: a flop an output element, every operand once');
});

test('flags that make no sense are errors of use', () => {
  const BAD: [string[], RegExp][] = [
    [['--colour', 'red'], /--colour.*; flags: --filter .* --list --tune --peers$/],
    [['--variant', 'packed,packed'], /--variant packed,packed: packed is given twice/],
    [['--filter', '('], /--filter \(/],
    [['--axis', 'n=9:1'], /--axis n=9:1/],
    [['--seconds', '0'], /--seconds 0/],
    [['--clock', 'sundial'], /--clock sundial: choose one of auto, processor/],
    [['--tune', '--against', 'HEAD'], /take one of them/],
  ];
  for (const [args, message] of BAD) {
    assert.throws(() => parseOptions(args), (error: Error) => error instanceof UsageError && message.test(error.message), args.join(' '));
  }
  for (const args of [[], ['one.json'], ['a.json', 'b.json', 'c.json'], ['a.json', 'b.json', '--figure', 'tepid']]) {
    assert.throws(() => parseComparison(args), (error: Error) => error instanceof UsageError, args.join(' '));
  }
  assert.throws(() => parseBrowser(['--browser', '--port', '70000']), /--port 70000/);
  assert.is(parseBrowser(['--browser', '--port', '8080']), 8080);
});

test('summary: median, MAD, deciles, noise', () => {
  const { count, median, mad, p10, p90, noise } = summaryOf([5, 1, 2, 3, 100]);
  assert.equal({ count, median, mad }, { count: 5, median: 3, mad: 2 });
  assert.equal([p10, p90].map((value) => value.toFixed(6)), ['1.400000', '62.000000'], 'as numpy.quantile');
  // sqrt(pi / 2) * 1.4826 * 2 / sqrt(5) / 3
  assert.ok(Math.abs(noise - 0.5540) < 1e-3, String(noise));
  assert.is(summaryOf([4, 4, 4]).noise, 0);
  assert.is(medianOf([1, 2, 3, 10]), 2.5);
  assert.throws(() => summaryOf([]));
});

const COPY_BYTES = [2 ** 18, 2 ** 21, 2 ** 24];

/** A device of 100 GFLOP/s whose copies reach 40, 20 and 10 GB/s, the larger the slower, and whose reads reach 50. */
const ROOFLINE = rooflineOf([
  { id: 'fma slow', kind: 'fma', bytes: 0, microseconds: 1, gflops: 60, gigabytesPerSecond: 0 },
  { id: 'fma fast', kind: 'fma', bytes: 0, microseconds: 1, gflops: 100, gigabytesPerSecond: 0 },
  ...COPY_BYTES.flatMap((bytes, i): ProbeResult[] => [1, 0.5].map((share) =>
    ({ id: 'copy', kind: 'copy', bytes, microseconds: 1, gflops: 0, gigabytesPerSecond: (share * 40) / 2 ** i }))),
  { id: 'read', kind: 'read', bytes: COPY_BYTES[0], microseconds: 1, gflops: 0, gigabytesPerSecond: 50 },
]);

test('roofline: the best probe of each kind', () => {
  assert.is(ROOFLINE.gflops, 100);
  assert.equal(ROOFLINE.copies.map(({ gigabytesPerSecond }) => gigabytesPerSecond), [40, 20, 10]);
  assert.is(ROOFLINE.ceilingGigabytesPerSecond, 50);
});

test('roofline: probes that were taken again decide, though another was faster at the start', () => {
  const halved = ROOFLINE.probes.filter(({ id }) => id === 'fma fast' || id === 'copy')
    .map((probe) => ({ ...probe, gflops: probe.gflops / 2, gigabytesPerSecond: probe.gigabytesPerSecond / 2 }));
  const later = rooflineOf(ROOFLINE.probes, halved);
  assert.is(later.gflops, 50);
  assert.equal(later.copies.map(({ gigabytesPerSecond }) => gigabytesPerSecond), [20, 10, 5]);
  assert.is(later.ceilingGigabytesPerSecond, 20);
  assert.is(later.probes, ROOFLINE.probes);
});

test('bandwidth at a size: that of the copies around it', () => {
  assert.equal(COPY_BYTES.map((bytes) => bandwidthAt(ROOFLINE, 2 * bytes)), [40, 20, 10]);
  assert.is(bandwidthAt(ROOFLINE, 16), 40);
  assert.is(bandwidthAt(ROOFLINE, 2 ** 40), 10);
  const middle = 2 * Math.sqrt(COPY_BYTES[0] * COPY_BYTES[1]);
  assert.ok(Math.abs(bandwidthAt(ROOFLINE, middle) - 30) < 1e-9);
});

test('share of the roofline, and dead work', () => {
  // 1 Gflop in 20 ms: 50 GFLOP/s of 100.
  const compute = shareOf(ROOFLINE, { flops: 1e9, bytes: 4 }, 20_000, 10);
  assert.equal(compute, { share: 0.5, bound: 'compute', deadWork: false });
  // 100 MB in 20 ms: 5 GB/s of 10.
  assert.equal(shareOf(ROOFLINE, { flops: 1, bytes: 1e8 }, 20_000, 10), { share: 0.5, bound: 'memory', deadWork: false });
  assert.ok(shareOf(ROOFLINE, { flops: 1e9, bytes: 4 }, 5000, 10).deadWork, '200 GFLOP/s');
  assert.not(shareOf(ROOFLINE, { flops: 0, bytes: 1e8 }, 2500, 10).deadWork, '40 GB/s: as fast as a copy in the cache');
  assert.ok(shareOf(ROOFLINE, { flops: 0, bytes: 1e8 }, 1000, 10).deadWork, '100 GB/s');
});

test('dead work: only beyond what rows and probes differ by from round to round', () => {
  const copying = { flops: 0, bytes: 1e8 };
  assert.not(shareOf(ROOFLINE, copying, 1000, 10, 2000).deadWork, '100 GB/s, but 50 in one round, as fast as the probe that reads');
  assert.ok(shareOf(ROOFLINE, copying, 1000, 10, 1700).deadWork, '59 GB/s in the slowest round');
  const twice = ROOFLINE.probes.map((probe) => ({ ...probe, gflops: 2 * probe.gflops, gigabytesPerSecond: 2 * probe.gigabytesPerSecond }));
  const unsteady = rooflineOf(ROOFLINE.probes, ROOFLINE.probes, twice);
  assert.equal([unsteady.ceilingGflops, unsteady.ceilingGigabytesPerSecond], [200, 100], 'the ceiling is of the fastest rounds');
  assert.not(shareOf(unsteady, copying, 1000, 10).deadWork, '100 GB/s, as a probe had in one round');
  assert.not(shareOf(unsteady, { flops: 1e9, bytes: 4 }, 5000, 10).deadWork, '200 GFLOP/s, likewise');
  assert.ok(shareOf(unsteady, { flops: 1e9, bytes: 4 }, 4000, 10).deadWork, '250 GFLOP/s');
});

test.run();
