import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { adapterEnvironment } from './adapter.mjs';
import { bundle } from './build.mjs';

/*
 * node scripts/run.mjs [--swiftshader] FILE.ts [arguments]
 *
 * Bundles a TypeScript program and runs it in a Node process of its own, started with what a WebGPU adapter needs
 * (Vulkan's loader reads its environment only once). --swiftshader allows the npm software adapter as a last resort.
 */

const OUTPUT = '.cache/run';

/** Bundles `file` for Node and gives the path of the result. */
export async function bundleProgram(file, outdir = OUTPUT) {
  await bundle([file], outdir, { platform: 'node', packages: 'external' });
  return join(outdir, file.replace(/\.ts$/, '.mjs'));
}

const args = process.argv.slice(2);
const allowSwiftShader = args[0] === '--swiftshader';
if (allowSwiftShader) args.shift();
const [file, ...programArgs] = args;

const [program, adapter] = await Promise.all([bundleProgram(file), adapterEnvironment({ allowSwiftShader })]);
const child = spawn(process.execPath, ['--enable-source-maps', program, ...programArgs], {
  stdio: 'inherit',
  env: { ...process.env, ...adapter.env },
});
// The terminal sends Ctrl-C to the child as well; it may need a moment to save its work.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
