import { resolve } from 'node:path';
import { allOps } from '../../index.js';
import { readFlags, runProgram } from '../../examples/commandLine.js';
import '../../kernels/samples.js';
import { specialisedKernels } from '../gradcheck/plans.js';
import { findDeno, runDeno } from './deno.js';

/*
 * npm run naga -- [--deno PATH]
 *
 * Compiles every kernel, as each set of overrides and tiles that the samples launch makes it, on wgpu's compiler Naga.
 * Exit code 1 if one is refused.
 */

runProgram('naga', async () => {
  const deno = findDeno(readFlags(process.argv.slice(2), ['deno']).deno);
  const kernels = specialisedKernels(allOps()).map(({ module, entryPoint, code, constants, from }) => ({ file: module.name, entryPoint, code, constants, from }));
  return runDeno(deno, resolve('tests/naga/compile.deno.js'), [], JSON.stringify(kernels));
});
