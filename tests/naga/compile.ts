import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { allOps } from '../../index.js';
import { UsageError, readFlags, runProgram } from '../../examples/commandLine.js';
import '../../kernels/samples.js';
import { specialisedKernels } from '../gradcheck/plans.js';

/*
 * npm run naga -- [--deno PATH]
 *
 * Compiles every kernel, as each set of overrides and tiles that the samples launch makes it, on wgpu's compiler Naga, which
 * Deno brings. Exit code 1 if one is refused. Deno is an npm project of its own: npm install --prefix tests/naga
 */

const INSTALLED = resolve('tests/naga/node_modules/.bin/deno');

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), ['deno']);
  const deno = flags.deno ?? process.env.TAPEGRAD_DENO ?? INSTALLED;
  if (!existsSync(deno)) throw new UsageError(`no ${deno}: Deno brings Naga; install it with: npm install --prefix tests/naga`);
  const kernels = specialisedKernels(allOps()).map(({ module, entryPoint, code, constants, from }) => ({ file: module.name, entryPoint, code, constants, from }));
  const child = spawnSync(deno, ['run', '--quiet', '--no-config', '--unstable-webgpu', '--allow-env', resolve('tests/naga/compile.deno.js')], {
    input: JSON.stringify(kernels), stdio: ['pipe', 'inherit', 'inherit'], maxBuffer: 2 ** 28,
  });
  if (child.error) throw child.error;
  return child.status ?? 1;
}

runProgram('naga', main);
