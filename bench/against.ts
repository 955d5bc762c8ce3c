import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../examples/commandLine.js';
import type { Axis } from './axes.js';
import type { ClockChoice } from './processorClock.js';
import type { Contact, RoundSamples } from './measure.js';
import { type Row, inputsOf } from './rows.js';
import type { Absence, Side } from './side.js';

/*
 * The kernels of another commit, as a side of this run: its files are laid out in `.cache/commits/`, with the bench of the working
 * tree on top, so that one and the same bench measures both; built; and run in a process of its own, which works only
 * when asked, and ends with this one (`worker.ts`).
 */

/** What the parent asks of the worker. Rows go by their id, as the commit has its own; `inputs`: what the row's must be. */
export type Request =
  | { readonly call: 'meet'; readonly row: string; readonly inputs: readonly string[] }
  | { readonly call: 'measureRound'; readonly row: string; readonly milliseconds: number };
export type Reply = { readonly result: Contact | Absence | RoundSamples } | { readonly error: string };

/** Parts of the house that measure, rather than being measured. */
const HARNESS = ['bench', 'scripts', 'examples/commandLine.ts', 'examples/usageError.ts'];

/** Builds `commit` and starts its worker. Throws UsageError where git knows no such commit, or it cannot be built with this bench. */
export async function commitSide(commit: string, clock: ClockChoice, axes: readonly Axis[]): Promise<Side> {
  const found = spawnSync('git', ['rev-parse', '--short=12', '--verify', `${commit}^{commit}`], { encoding: 'utf8' });
  if (found.status !== 0) throw new UsageError(`--against ${commit}: git knows no such commit`);
  const hash = found.stdout.trim();
  const folder = layOut(hash);
  const build = "import('./scripts/bundleProgram.mjs').then(({ bundleProgram }) => bundleProgram('bench/worker.ts', '.cache/bench'))";
  const built = spawnSync(process.execPath, ['-e', build], { cwd: folder, encoding: 'utf8' });
  if (built.status !== 0) throw new UsageError(`--against ${commit}: this bench does not build with its engine: ${built.stderr.trim().split('\n')[0]}`);
  const child = fork(join(folder, '.cache/bench/bench/worker.mjs'), [clock, JSON.stringify(axes)], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    name: hash,
    meet: (row: Row) => ask<Contact | Absence>(child, { call: 'meet', row: row.id, inputs: inputsOf(row) }),
    measureRound: (row, milliseconds) => ask<RoundSamples>(child, { call: 'measureRound', row: row.id, milliseconds }),
  };
}

function layOut(hash: string): string {
  const folder = resolve('.cache/commits', hash);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const unpacked = spawnSync(`git archive ${hash} | tar -x -C "${folder}"`, { shell: true, encoding: 'utf8' });
  if (unpacked.status !== 0) throw new UsageError(`--against: ${unpacked.stderr.trim().split('\n')[0]}`);
  for (const part of HARNESS) {
    rmSync(join(folder, part), { recursive: true, force: true });
    cpSync(part, join(folder, part), { recursive: true, filter: (path) => !path.includes('node_modules') });
  }
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}

function ask<Result extends Contact | Absence | RoundSamples>(child: ChildProcess, request: Request): Promise<Result> {
  return new Promise((done, fail) => {
    const settle = () => {
      child.off('message', answer);
      child.off('exit', gone);
    };
    const answer = (reply: Reply) => {
      settle();
      if ('error' in reply) fail(new Error(reply.error));
      else done(reply.result as Result);
    };
    const gone = () => {
      settle();
      fail(new Error('the process of the other commit ended'));
    };
    child.once('message', answer);
    child.once('exit', gone);
    child.send(request);
  });
}
