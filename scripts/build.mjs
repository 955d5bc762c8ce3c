import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { wgslPlugin } from './wgslPlugin.mjs';

/** Bundles TypeScript entry points with their shaders; shared code is split off, so that there is one engine instance. */
export function bundle(entryPoints, outdir, options = {}) {
  return build({
    entryPoints,
    outdir,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    plugins: [wgslPlugin],
    logLevel: 'warning',
    ...options,
  });
}

/** `npm run build`: the package, as modules and type declarations, into dist/. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync('dist', { recursive: true, force: true });
  const entries = ['index.ts', 'nn/index.ts', 'optim/index.ts', 'datasets/index.ts', 'core/gradcheck.ts'];
  await bundle(entries, 'dist', { platform: 'neutral', external: ['webgpu', 'node:*'], packages: 'external' });
  const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  process.exitCode = types.status ?? 1;
}
