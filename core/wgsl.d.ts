/** The esbuild plugin of `scripts/wgslPlugin.mjs` imports a shader as code plus its reflection. */
declare module '*.wgsl' {
  const module: import('./webgpu/kernel.js').WgslModule;
  export default module;
}
