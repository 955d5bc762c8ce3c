import { spawn } from 'node:child_process';
import { adapterEnvironment } from './adapter.mjs';
import { bundleProgram } from './bundleProgram.mjs';
import { ownFolder } from './ownFolder.mjs';

/*
 * node scripts/run.mjs [--swiftshader] FILE.ts [arguments]
 *
 * Bundles a TypeScript program and runs it in a Node process of its own, started with what a WebGPU adapter needs
 * (Vulkan's loader reads its environment only once). --swiftshader allows the npm software adapter as a last resort.
 */

const args = process.argv.slice(2);
const allowSwiftShader = args[0] === '--swiftshader';
if (allowSwiftShader) args.shift();
const [file, ...programArgs] = args;

// Not one folder for all: a program that is running may still load parts of its bundle, or start itself again.
const [program, adapter] = await Promise.all([bundleProgram(file, ownFolder('run')), adapterEnvironment({ allowSwiftShader })]);
const child = spawn(process.execPath, ['--enable-source-maps', program, ...programArgs], {
  stdio: 'inherit',
  env: { ...process.env, ...adapter.env },
});
// The terminal sends Ctrl-C to the child as well; it may need a moment to save its work.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
