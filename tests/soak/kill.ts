import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { oneOf, readFlags, runProgram, wholeNumber } from '../../examples/commandLine.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../../scripts/bundleProgram.mjs';
import { killRuns } from './killRuns.js';

/*
 * npm run soak:kill -- [--device cpu|webgpu] [--kills 50] [--seed 1]
 *
 * Kills a training with SIGKILL at random moments, resumes it from its checkpoint each time, and compares what it comes to, bit
 * for bit, with a run that was left alone. Exit code 1 if anything differs.
 */

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), ['device', 'kills', 'seed']);
  const device = oneOf('device', flags.device, ['cpu', 'webgpu']);
  const kills = wholeNumber('kills', flags.kills, 50, 1);
  const seed = wholeNumber('seed', flags.seed, 1, 0);
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync('.cache/kill-');
  try {
    const program: string = await bundleProgram('tests/soak/killedRun.ts', folder);
    const report = await killRuns({
      program, folder, device, kills, seed, onKill: (kill, step) => console.log(`kill ${kill}: the checkpoint is at step ${step}`),
    });
    report.differences.forEach((difference) => console.log(difference));
    const same = report.runs - report.differences.length;
    console.log(`${kills} kills on ${device}, ${report.runs} runs resumed to their end: ${same} bit-equal to the uninterrupted one`);
    return report.differences.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

runProgram('soak:kill', main);
