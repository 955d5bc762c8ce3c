import { defineNormalizeSamples } from '../normalize/samples.js';

const over = (...normalizedShape: number[]) => ({ normalizedShape });

defineNormalizeSamples('layerNorm', {
  attrs: { eps: 1e-5 },
  parameters: (_x, { normalizedShape }) => normalizedShape,
  cases: [
    { label: 'rows', x: [3, 5], attrs: over(5) },
    { label: 'rows of whole vec4s', x: [2, 3, 8], attrs: over(8) },
    { label: 'a vector', x: [7], attrs: over(7) },
    { label: 'two axes', x: [2, 3, 4], attrs: over(3, 4) },
    { label: 'all axes, a large eps', x: [4, 5], attrs: { ...over(4, 5), eps: 0.5 } },
    { label: 'rows of one value', x: [4, 1], attrs: over(1) },
    { label: 'one value', x: [1], attrs: over(1) },
    { label: 'without weight and bias', x: [3, 6], attrs: over(6), without: 'weight' },
    { label: 'without bias', x: [3, 4], attrs: over(4), without: 'bias' },
    { label: 'rows in several parts', x: [3, 131], attrs: over(131) },
    { label: 'rows of whole vec4s in several parts', x: [5, 260], attrs: over(260) },
    { label: 'rows to be merged twice', x: [2, 8321], attrs: over(8321) },
    { label: 'rows of whole vec4s to be merged twice', x: [3, 8324], attrs: over(8324) },
    { label: 'columns in several parts', x: [200, 6], attrs: over(6) },
    { label: 'columns of whole vec4s in several parts', x: [300, 8], attrs: over(8) },
    { label: 'more rows and columns than a workgroup', x: [67, 68], attrs: over(68) },
    {
      label: 'rows of very different means', x: [3, 7], attrs: over(7),
      data: [0, 1000, -3000].flatMap((mean) => [0.5, -0.25, 1.5, -1, 0.75, -1.5, 0].map((value) => mean + value)),
    },
    { label: 'no rows', x: [0, 4], attrs: over(4), without: 'weight' },
    { label: 'no columns', x: [3, 0], attrs: over(0) },
  ],
  misfits: [
    { label: 'another last axis', x: [3, 5], attrs: over(4), message: /normalizedShape \[4\] must name the last axes of x \[3,5\]/ },
    { label: 'the first axis', x: [3, 5], attrs: over(3), message: /normalizedShape \[3\] must name the last axes of x \[3,5\]/ },
    { label: 'more axes than x has', x: [5], attrs: over(3, 5), message: /normalizedShape \[3,5\] must name the last axes of x \[5\]/ },
    { label: 'no axes', x: [5], attrs: over(), message: /normalizedShape \[\] must name the last axes of x \[5\]/ },
  ],
  bench: [
    { label: 'rows of [4096, 768]', x: [4096, 768], attrs: over(768) },
    { label: 'rows of [64, 65536]', x: [64, 65536], attrs: over(65536) },
  ],
});
