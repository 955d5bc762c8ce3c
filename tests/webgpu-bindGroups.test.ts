import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BindGroupCache } from '../core/webgpu/bindGroups.js';
import { LayoutCache } from '../core/webgpu/layouts.js';
import type { WebGpuStorage } from '../core/webgpu/storage.js';
import { UniformArena } from '../core/webgpu/uniformArena.js';
import { Harness, accumulateModule, axpbModule } from './fixtures/webgpuOps.js';

const test = suite('webgpu: bind groups');
let h: Harness;

test.before(async () => {
  h = await Harness.open();
});
test.after(() => h.backend.destroy());

function caches(): { layouts: LayoutCache; groups: BindGroupCache } {
  const { device, limits } = h.backend;
  return { layouts: new LayoutCache(device, limits), groups: new BindGroupCache(device, new UniformArena(device).buffer) };
}

const storage = (length: number): WebGpuStorage => h.backend.allocate('test', { shape: [length], dtype: 'float32' });

test('kernels that bind alike share a layout, others do not', () => {
  const { layouts } = caches();
  const axpb = layouts.get('axpb', axpbModule, 'main');
  assert.is(layouts.get('other', { ...axpbModule, name: 'other' }, 'main').gpu, axpb.gpu);
  assert.is.not(layouts.get('accumulate', accumulateModule, 'main').gpu, axpb.gpu);
});

test('a group is made once for the same buffers, seen through windows of the same size', () => {
  const { layouts, groups } = caches();
  const layout = layouts.get('axpb', axpbModule, 'main');
  const [a, b] = [storage(64), storage(64)];
  const group = groups.get(layout, [a, b]);
  assert.is(groups.get(layout, [a, b]), group);
  assert.is.not(groups.get(layout, [b, a]), group);
  a.release();
  const shorter = storage(5);
  assert.is(shorter.block, a.block);
  assert.is.not(groups.get(layout, [shorter, b]), group, 'kernels must not see past the tensor');
  shorter.release();
  b.release();
});

test('groups of destroyed buffers are dropped, and the number of groups is bounded', () => {
  const { layouts, groups } = caches();
  const layout = layouts.get('axpb', axpbModule, 'main');
  const storages = Array.from({ length: 66 }, () => storage(64));
  for (const x of storages) for (const y of storages) if (x !== y) groups.get(layout, [x, y]);
  assert.is(groups.size, 4096);
  // The last buffer is in 2 * 65 pairs; (0, 65) and (1, 65) were among the oldest and have made room already.
  groups.forget([storages[65].block]);
  assert.is(groups.size, 4096 - 2 * 65 + 2);
  for (const x of storages) x.release();
});

test.run();
