import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Philox } from '../../index.js';
import { loadTraining } from '../../nn/index.js';

export interface KillOptions {
  /** The bundled `killedRun.ts`, and an empty folder to work in. */
  program: string;
  folder: string;
  device: 'cpu' | 'webgpu';
  kills: number;
  /** Of the moments. */
  seed: number;
  /** Called after each kill with the step that the checkpoint had reached. */
  onKill?: (kill: number, step: number) => void;
}

export interface KillReport {
  /** Steps that the checkpoint had reached at each kill; 0 where there was none yet. */
  steps: number[];
  /** Runs that came to their end, each after a few kills. */
  runs: number;
  /** What a run that was killed has in its folder, or came to, that the uninterrupted one has not. */
  differences: string[];
}

/** Starts the run in `folder`; kills it after `milliseconds`. Resolves with whether it came to its end before. */
function runFor({ program, device }: KillOptions, folder: string, milliseconds = Infinity): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, '--folder', folder, '--device', device], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text));
    const timer = milliseconds < Infinity ? setTimeout(() => child.kill('SIGKILL'), milliseconds) : undefined;
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0) resolve(true);
      else reject(new Error(`the run ended with exit code ${code}: ${errors}`));
    });
  });
}

/** What a run came to: its result, its log without the seconds, and its files. */
function outcome(folder: string): string {
  const log = readFileSync(join(folder, 'log.csv'), 'utf8').split('\n').map((row) => row.split(','));
  const seconds = log[0].indexOf('seconds');
  const rows = log.map((row) => row.filter((_, column) => column !== seconds));
  return JSON.stringify({ result: JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')), rows, files: readdirSync(folder).sort() });
}

/** Kills runs at random moments, again and again, resumes each until it ends, and compares it with one that was left alone. */
export async function killRuns(options: KillOptions): Promise<KillReport> {
  const { folder, kills, seed, onKill } = options;
  const random = new Philox(seed);
  const folderOf = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const straight = folderOf('straight');
  await runFor(options, straight);
  const began = performance.now();
  await runFor(options, folderOf('timed')); // again, with everything in the caches
  const wholeRun = performance.now() - began;
  const expected = outcome(straight);

  const report: KillReport = { steps: [], runs: 0, differences: [] };
  while (report.steps.length < kills) {
    const own = folderOf(`run${report.runs}`);
    let ended = false;
    while (!ended && report.steps.length < kills) {
      ended = await runFor(options, own, wholeRun * random.uniform());
      if (ended) break;
      const file = join(own, 'run.safetensors');
      report.steps.push(existsSync(file) ? (await loadTraining(file)).position.steps : 0);
      onKill?.(report.steps.length, report.steps.at(-1)!);
    }
    if (!ended) await runFor(options, own);
    report.runs++;
    const found = outcome(own);
    if (found !== expected) report.differences.push(`run ${report.runs}: ${found}\nuninterrupted: ${expected}`);
  }
  return report;
}
