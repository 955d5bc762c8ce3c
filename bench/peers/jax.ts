import type { DeviceName } from '../../index.js';
import { importPeer, versionOfPeer } from './installed.js';
import { provideWebGpu } from './webgpu.js';

export type JaxBackend = 'webgpu' | 'wasm';

/** What starting jax-js takes. */
export interface JaxEngine {
  init(backend: JaxBackend): Promise<string[]>;
  defaultDevice(backend: JaxBackend): void;
}

export const jaxVersion = () => versionOfPeer('@jax-js/jax');

/** Its fastest backend there. */
export const jaxBackend = (device: DeviceName): JaxBackend => (device === 'webgpu' ? 'webgpu' : 'wasm');

/** Starts a backend and makes it the one in use. `Engine` is what the caller uses of `@jax-js/jax`. */
export async function openJax<Engine extends JaxEngine>(backend: JaxBackend): Promise<Engine> {
  if (backend === 'webgpu') provideWebGpu();
  const engine = await importPeer<Engine>('@jax-js/jax');
  const ready = await engine.init(backend);
  if (!ready.includes(backend)) throw new Error(`jax-js: the backend ${backend} did not start`);
  engine.defaultDevice(backend);
  return engine;
}
