import { create, globals } from 'webgpu';

/**
 * Gives this Node process what a browser has: `navigator.gpu` and the constants (`GPUBufferUsage` ...). Peers look for
 * both, some of them while they are being imported, so this comes first and they are imported dynamically.
 */
export function provideWebGpu(): GPU {
  // Never taken away again: Node crashes when Dawn's entry object is collected.
  if (!globalThis.navigator?.gpu) {
    Object.assign(globalThis, globals);
    Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js', gpu: create([]) }, configurable: true });
  }
  return navigator.gpu;
}
