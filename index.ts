/** tapegrad: tensors, a reverse-mode tape and hand-written WGSL kernels. */
export * from './core/index.js';
export * from './kernels/index.js';
