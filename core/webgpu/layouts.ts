import { DeviceError, TapegradError } from '../errors.js';
import type { KernelLimits, WgslModule } from './kernel.js';

export interface StorageBinding {
  readonly name: string;
  readonly binding: number;
  readonly kind: 'read' | 'read_write';
}

/** What one entry point binds, all of it in group 0. */
export interface BindingLayout {
  readonly id: number;
  readonly gpu: GPUBindGroupLayout;
  readonly storages: readonly StorageBinding[];
  /** The uniform `params`, where the entry point has one. */
  readonly params: { readonly binding: number; readonly size: number } | null;
}

/** Bind group layouts by what they bind: kernels that bind alike share one, and with it their bind groups. */
export class LayoutCache {
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private readonly ids = new Map<string, number>();

  constructor(private readonly device: GPUDevice, private readonly limits: KernelLimits) {}

  get(op: string, module: WgslModule, entryPoint: string): BindingLayout {
    const { storages, params } = bindingsOf(op, module, entryPoint);
    const limit = this.limits.maxStorageBuffersPerShaderStage;
    if (storages.length > limit) {
      throw new DeviceError(
        `${op}: ${module.name} binds ${storages.length} storage buffers, this adapter allows ${limit}; split the call`,
      );
    }
    const key = `${params ? `${params.binding}:${params.size}` : ''}|` +
      storages.map(({ binding, kind }) => `${binding}:${kind}`).join(',');
    let gpu = this.layouts.get(key);
    if (!gpu) {
      gpu = this.device.createBindGroupLayout({ label: key, entries: layoutEntries(storages, params) });
      this.layouts.set(key, gpu);
      this.ids.set(key, this.ids.size);
    }
    return { id: this.ids.get(key)!, gpu, storages, params };
  }
}

function bindingsOf(op: string, module: WgslModule, entryPoint: string): Pick<BindingLayout, 'storages' | 'params'> {
  const entry = module.entryPoints[entryPoint];
  if (!entry) {
    const known = Object.keys(module.entryPoints).join(', ');
    throw new TapegradError(`${op}: ${module.name} has no entry point ${entryPoint} (there is: ${known})`);
  }
  const storages: StorageBinding[] = [];
  let params: BindingLayout['params'] = null;
  for (const { name, group, binding, kind } of module.bindings) {
    if (!entry.bindings.includes(name)) continue;
    if (group !== 0) throw new TapegradError(`${op}: ${module.name} binds ${name} in group ${group}; use group 0`);
    if (kind !== 'uniform') storages.push({ name, binding, kind });
    else if (name === 'params') params = { binding, size: module.uniforms.params.size };
    else throw new TapegradError(`${op}: ${module.name} has a uniform ${name}; the only uniform is called params`);
  }
  return { storages, params };
}

function layoutEntries(storages: readonly StorageBinding[], params: BindingLayout['params']): GPUBindGroupLayoutEntry[] {
  const visibility = GPUShaderStage.COMPUTE;
  const entries: GPUBindGroupLayoutEntry[] = storages.map(({ binding, kind }) => (
    { binding, visibility, buffer: { type: kind === 'read' ? 'read-only-storage' : 'storage' } }
  ));
  if (params) {
    const buffer: GPUBufferBindingLayout = { type: 'uniform', hasDynamicOffset: true, minBindingSize: params.size };
    entries.push({ binding: params.binding, visibility, buffer });
  }
  return entries;
}
