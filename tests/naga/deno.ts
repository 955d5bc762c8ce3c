import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../../examples/commandLine.js';

/* Deno, whose WebGPU is wgpu with its compiler Naga: an npm project of its own, npm install --prefix tests/naga */

const INSTALLED = resolve('tests/naga/node_modules/.bin/deno');

/** What `--deno` or TAPEGRAD_DENO names, else the one installed here. Throws UsageError if there is none. */
export function findDeno(wanted = process.env.TAPEGRAD_DENO ?? INSTALLED): string {
  if (existsSync(wanted)) return wanted;
  throw new UsageError(`no ${wanted}: Deno brings wgpu and Naga; install it with: npm install --prefix tests/naga`);
}

/** Runs a program in Deno, with `input` on its standard input if there is any; resolves to its exit code. */
export function runDeno(deno: string, program: string, args: readonly string[], input?: string): Promise<number> {
  const flags = ['run', '--quiet', '--no-config', '--node-modules-dir=manual', '--unstable-webgpu', '--allow-all'];
  const child = spawn(deno, [...flags, program, ...args], { stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'] });
  child.stdin?.end(input);
  return new Promise((done, fail) => child.on('error', fail).on('exit', (code) => done(code ?? 1)));
}
