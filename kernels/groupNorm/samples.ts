import { defineNormalizeSamples } from '../normalize/samples.js';

const into = (groups: number) => ({ groups });

defineNormalizeSamples('groupNorm', {
  attrs: { eps: 1e-5 },
  parameters: (x) => [x[1]],
  cases: [
    { label: 'images', x: [2, 4, 3, 3], attrs: into(2) },
    { label: 'images of whole vec4s', x: [2, 4, 4, 2], attrs: into(2) },
    { label: 'sequences', x: [2, 6, 5], attrs: into(3) },
    { label: '[batch, channels]', x: [3, 6], attrs: into(2) },
    { label: 'a group a channel', x: [2, 3, 5], attrs: into(3) },
    { label: 'a group a channel, one sample', x: [1, 4, 5], attrs: into(4) },
    { label: 'one group, a large eps', x: [3, 2, 4], attrs: { ...into(1), eps: 0.5 } },
    { label: 'without weight and bias', x: [2, 4, 3], attrs: into(2), without: 'weight' },
    { label: 'without bias', x: [2, 4, 3], attrs: into(2), without: 'bias' },
    { label: 'groups in several parts', x: [2, 4, 9, 9], attrs: into(2) },
    { label: 'channels in several parts', x: [70, 4, 3], attrs: into(2) },
    { label: 'channels of whole vec4s in several parts', x: [40, 8, 8], attrs: into(2) },
    { label: 'a vec4 of channels a group', x: [6, 8], attrs: into(2) },
    { label: 'more groups than a workgroup', x: [23, 6, 2], attrs: into(3) },
    { label: 'no samples', x: [0, 4, 2], attrs: into(2), without: 'weight' },
  ],
  misfits: [
    { label: 'x of rank 1', x: [4], without: 'weight', attrs: into(2), message: /x \[4\] must be \[batch, channels/ },
    { label: 'groups that do not divide the channels', x: [2, 4, 3], attrs: into(3), message: /the 4 channels of x \[2,4,3\] .* 3 groups/ },
    { label: 'no groups', x: [2, 4, 3], attrs: into(0), message: /the 4 channels of x \[2,4,3\] .* 0 groups/ },
  ],
  bench: [{ label: '[32, 64, 28, 28] in 32 groups', x: [32, 64, 28, 28], attrs: into(32) }],
});
