import type { Backend, DeviceName } from './backend.js';
import { CpuBackend } from './cpu/backend.js';
import { DeviceError } from './errors.js';
import { readOptions, requireChoice } from './options.js';

export interface InitOptions {
  /** `auto` (default) takes WebGPU if there is an adapter, else the CPU. */
  device?: 'auto' | DeviceName;
}

const backends = new Map<DeviceName, Backend>();
let current: DeviceName = 'cpu';
/** How often `init` was called: of calls that overlap, the last decides. */
let calls = 0;

/** The CPU is always there; it is made on first use. */
function cpu(): Backend {
  let backend = backends.get('cpu');
  if (!backend) {
    backend = new CpuBackend();
    backends.set('cpu', backend);
  }
  return backend;
}

/** Set while a device is being opened, so that all who want one at that time get the same. */
let opening: Promise<Backend> | null = null;

/** The device in use; a new one if there is none, or if it was lost. */
async function webgpu(): Promise<Backend> {
  const existing = backends.get('webgpu');
  if (existing && !existing.isLost) return existing;
  opening ??= openWebGpu().finally(() => (opening = null));
  return opening;
}

async function openWebGpu(): Promise<Backend> {
  const { createWebGpuBackend } = await import('./webgpu/backend.js');
  const made = await createWebGpuBackend();
  backends.set('webgpu', made);
  return made;
}

/**
 * Chooses the default device for new tensors and makes it ready. Both devices can be in use at once. After a DeviceLostError it
 * opens WebGPU anew; tensors that lived on the lost device must be made again.
 * Throws DeviceError for `webgpu` without a usable adapter; `auto` falls back to the CPU, and the returned
 * `fallback` says why.
 */
export async function init(options: InitOptions = {}): Promise<{ backend: Backend; fallback?: string }> {
  const { device } = readOptions('init', options, { device: 'auto' });
  requireChoice('init', 'device', device, ['auto', 'cpu', 'webgpu']);
  const turn = ++calls;
  const choose = (chosen: DeviceName) => {
    if (turn === calls) current = chosen;
  };
  if (device !== 'cpu') {
    try {
      const backend = await webgpu();
      choose('webgpu');
      return { backend };
    } catch (error) {
      if (device === 'webgpu' || !(error instanceof DeviceError)) throw error;
      choose('cpu');
      return { backend: cpu(), fallback: error.message };
    }
  }
  choose('cpu');
  return { backend: cpu() };
}

/** The device of tensors that name none: the CPU until `init()` chooses another. */
export function defaultBackend(): Backend {
  return backendFor(current);
}

export function backendFor(device: DeviceName): Backend {
  requireChoice('tensor', 'device', device, ['cpu', 'webgpu']);
  if (device === 'cpu') return cpu();
  const backend = backends.get(device);
  if (!backend) throw new DeviceError(`device ${device} is not ready: call await init({ device: '${device}' }) first`);
  return backend;
}

export function initializedBackends(): Iterable<Backend> {
  return backends.values();
}

/** Releases a device. Its tensors are unusable afterwards; a Node process with a live WebGPU device does not exit. */
export function shutdown(device: DeviceName): void {
  requireChoice('shutdown', 'device', device, ['cpu', 'webgpu']);
  backends.get(device)?.destroy();
  backends.delete(device);
  if (current === device) current = 'cpu';
}
