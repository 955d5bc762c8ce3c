import { runProgram } from '../../examples/commandLine.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../../scripts/bundleProgram.mjs';
import { findDeno, runDeno } from './deno.js';

/*
 * npm run gradcheck:deno -- [flags of npm run gradcheck]
 *
 * The gradient-check suite on wgpu: the same checks, reports and flags, in Deno. Without --device its WebGPU axes only, as
 * those of the CPU are the same there.
 */

runProgram('gradcheck:deno', async () => {
  const args = process.argv.slice(2);
  const device = args.some((arg) => arg === '--device' || arg === '--merge') ? [] : ['--device', 'webgpu'];
  return runDeno(findDeno(), await bundleProgram('tests/gradcheck/main.ts', '.cache/deno'), [...args, ...device]);
});
