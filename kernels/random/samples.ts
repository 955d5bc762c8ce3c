import { type ErrorSample, type OpSamples, type Sample, defineSamples } from '../../core/samples.js';

const start = { key: [1, 2], counter: 3 };

function draw(label: string, shape: number[], attrs: object = {}): Sample {
  return { label, inputs: [], attrs: { shape, ...start, ...attrs } };
}

function refused(label: string, shape: number[], attrs: object, message: RegExp, error: ErrorSample['error'] = 'ShapeError'): ErrorSample {
  return { ...draw(label, shape, attrs), error, message };
}

/** Calls that `rand`, `randn` and `randInt` have in common; `own` is what only one of them takes. */
function samplesFor(name: string, own: object): OpSamples {
  return {
    samples: [
      draw('scalar', [], own),
      draw('a tail after the last vec4', [3, 7], own),
      draw('several workgroups', [1031], own),
      draw('a counter of 0', [5], { ...own, counter: 0 }),
      draw('a counter that carries into its high word', [67], { ...own, counter: 2 ** 32 - 5 }),
      draw('a counter beyond 32 bits, a key of ones', [67], { ...own, key: [2 ** 32 - 1, 2 ** 32 - 1], counter: 2 ** 40 + 7 }),
      draw('nothing', [0, 3], own),
    ],
    errors: [
      refused('a negative extent', [2, -1], own, new RegExp(`${name}: shape \\[2,-1\\]`)),
      refused('a key that is no word', [2], { ...own, key: [0.5, 0] }, new RegExp(`${name}: key \\[0.5,0\\]`)),
      refused('a negative counter', [2], { ...own, counter: -1 }, new RegExp(`${name}: .*counter -1`)),
    ],
    bench: [draw('4M', [1 << 22], own)],
  };
}

for (const name of ['rand', 'randn']) {
  const common = samplesFor(name, { dtype: 'float32' });
  const int32 = refused('int32', [2], { dtype: 'int32' }, new RegExp(`${name}: gives floats, not int32`), 'DTypeError');
  defineSamples(name, {
    ...common,
    samples: [
      ...common.samples,
      // randn: radii whose logarithm takes all terms of its series, and nothing larger beside them.
      draw('first word 0.289', [4], { dtype: 'float32', counter: 2604 }),
      draw('first word 0.297', [4], { dtype: 'float32', counter: 2607 }),
    ],
    errors: [...common.errors, int32],
  });
}

const common = samplesFor('randInt', { low: -3, high: 8 });
defineSamples('randInt', {
  ...common,
  samples: [
    ...common.samples,
    draw('one number', [5], { low: 7, high: 8 }),
    draw('the widest span', [67], { low: -(2 ** 31), high: 2 ** 31 - 1 }),
  ],
  errors: [
    ...common.errors,
    refused('no number', [2], { low: 3, high: 3 }, /randInt: low 3 must be below high 3.*\[2\]/),
    refused('half a number', [2], { low: 0.5, high: 3 }, /randInt: low 0\.5/),
    refused('beyond int32', [2], { low: 0, high: 2 ** 31 }, /randInt: .*high 2147483648/),
  ],
});
