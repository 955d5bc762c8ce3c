import type { BindingLayout } from './layouts.js';
import type { Block } from './pool.js';
import type { WebGpuStorage } from './storage.js';

interface CachedGroup {
  readonly group: GPUBindGroup;
  readonly blocks: readonly Block[];
}

/** A training step of the CNN of examples/mnist-cnn needs fewer than a hundred; larger models still fit. */
const MAX_GROUPS = 4096;

/**
 * Bind groups by layout and buffers, least recently used first out. The pool hands out the same buffers step after step,
 * so a training loop soon creates none at all (creating one costs three dispatches' time).
 */
export class BindGroupCache {
  private readonly groups = new Map<string, CachedGroup>();

  constructor(private readonly device: GPUDevice, private readonly uniforms: GPUBuffer) {}

  get size(): number {
    return this.groups.size;
  }

  /** `storages` in the order of `layout.storages`. */
  get(layout: BindingLayout, storages: readonly WebGpuStorage[]): GPUBindGroup {
    let key = `${layout.id}`;
    for (const storage of storages) key += `,${storage.block.id}:${storage.bindingBytes}`;
    let cached = this.groups.get(key);
    if (cached) this.groups.delete(key); // and back in, as the most recently used
    else cached = { group: this.create(layout, storages), blocks: storages.map((storage) => storage.block) };
    this.groups.set(key, cached);
    if (this.groups.size > MAX_GROUPS) this.groups.delete(this.groups.keys().next().value!);
    return cached.group;
  }

  /** Drops every group that refers to a destroyed block. */
  forget(destroyed: readonly Block[]): void {
    const gone = new Set(destroyed);
    for (const [key, { blocks }] of this.groups) {
      if (blocks.some((block) => gone.has(block))) this.groups.delete(key);
    }
  }

  private create(layout: BindingLayout, storages: readonly WebGpuStorage[]): GPUBindGroup {
    const entries: GPUBindGroupEntry[] = storages.map(({ block, bindingBytes }, i) => (
      { binding: layout.storages[i].binding, resource: { buffer: block.buffer, size: bindingBytes } }
    ));
    if (layout.params) {
      const { binding, size } = layout.params;
      entries.push({ binding, resource: { buffer: this.uniforms, size } });
    }
    const label = storages.map((storage) => storage.op).join(', ');
    return this.device.createBindGroup({ label: `buffers of ${label}`, layout: layout.gpu, entries });
  }
}
