import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/**
 * Names that the package's types mention and a project may lack: where it has them, of lib DOM, @types/node or @webgpu/types, these
 * empty ones merge with the real ones. tests/package.test.ts notices what else the types come to mention.
 */
const GLOBALS = `/// <reference lib="esnext.disposable" />
interface AbortSignal {}
interface GPUDevice {}
`;

/** Lets the declarations in `folder` hold in any project. */
function completeTypes(folder, entries) {
  const prepend = (file, text) => writeFileSync(file, text + readFileSync(file, 'utf8'));
  writeFileSync(join(folder, 'globals.d.ts'), GLOBALS);
  for (const entry of entries) {
    const path = '../'.repeat(entry.split('/').length - 1) || './';
    prepend(join(folder, entry.replace(/\.ts$/, '.d.ts')), `/// <reference path="${path}globals.d.ts" />\n`);
  }
}

/** `npm run build`: the package, as modules and type declarations, into dist/. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync('dist', { recursive: true, force: true });
  const entries = ['index.ts', 'nn/index.ts', 'optim/index.ts', 'datasets/index.ts', 'core/gradcheck.ts'];
  await bundle(entries, 'dist', { platform: 'neutral', external: ['webgpu', 'node:*'], packages: 'external' });
  const types = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (types.status === 0) completeTypes('dist/types', entries);
  process.exitCode = types.status ?? 1;
}
