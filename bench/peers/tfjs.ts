import type { DeviceName } from '../../index.js';
import { importPeer, versionOfPeer } from './installed.js';
import { provideWebGpu } from './webgpu.js';

/** What starting and leaving TensorFlow.js takes. */
export interface TfjsEngine {
  setBackend(name: string): Promise<boolean>;
  removeBackend(name: string): void;
}

export const tfjsVersion = () => versionOfPeer('@tensorflow/tfjs');

/** Starts its backend `webgpu` or `cpu`, and makes it the one in use. `Engine` is what the caller uses of `@tensorflow/tfjs`. */
export async function openTfjs<Engine extends TfjsEngine>(device: DeviceName): Promise<Engine> {
  if (device === 'webgpu') provideWebGpu();
  const tf = await importPeer<Engine>('@tensorflow/tfjs');
  if (device === 'webgpu') await importPeer('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend(device))) throw new Error(`tfjs: the backend ${device} did not start`);
  return tf;
}
