import { type ChildProcess, fork } from 'node:child_process';
import { allOps } from '../../index.js';
import type { Check } from './check.js';
import { type Planned, type Row, failedRow, runCheck } from './runChecks.js';

/*
 * The suite in several processes. Each makes the list of checks for itself, as the same flags give the same list, and is
 * told which to run. One that crashes fails the check it was at, and another takes over.
 */

/** The flag, before those of the suite, that makes the program such a process. */
export const WORKER = '--worker';

/** Checks for one process to run in turn: those of an op share runs and compiled pipelines; a model or a sweep over graphs stands alone. */
export function unitsOf(checks: readonly Planned[]): Planned[][] {
  const ops = new Set(allOps().map(({ name }) => name));
  const units = new Map<string, Planned[]>();
  for (const planned of checks) {
    const { op, label } = planned.check;
    const key = ops.has(op) ? op : `${op}, ${label}`;
    const unit = units.get(key);
    if (unit) unit.push(planned);
    else units.set(key, [planned]);
  }
  return [...units.values()];
}

type Message = 'ready' | Row;

/** The other side: runs the checks whose places in `checks` arrive, until the channel closes. */
export function serve(checks: readonly Check[]): Promise<number> {
  const send = (message: Message) => process.send!(message);
  return new Promise((resolve) => {
    process.on('message', async (places: number[]) => {
      for (const index of places) send(await runCheck(checks[index], index));
    });
    process.on('disconnect', () => resolve(0));
    send('ready');
  });
}

function start(program: string): Promise<ChildProcess> {
  const child = fork(program, [WORKER, ...process.argv.slice(2)]);
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`a process of the suite ended with code ${code} before it was ready`)));
  });
}

/** Resolves to how the process ended, or to null once it has run the unit. */
function give(child: ChildProcess, unit: readonly Planned[], onRow: (row: Row) => void): Promise<string | null> {
  let left = unit.length;
  return new Promise((resolve) => {
    const end = (how: string | null) => {
      child.off('message', receive).off('exit', exited);
      resolve(how);
    };
    const receive = (row: Row) => {
      onRow(row);
      if (--left === 0) end(null);
    };
    const exited = (code: number | null, signal: string | null) => end(signal ?? `code ${code}`);
    child.on('message', receive).on('exit', exited);
    child.send(unit.map(({ index }) => index));
  });
}

/** Runs checks in `jobs` processes of `program`, with the flags of this one; the rows are in the order of the checks. */
export async function runInProcesses(
  checks: readonly Planned[], jobs: number, onRow: (row: Row) => void, program = process.argv[1],
): Promise<Row[]> {
  const rows = new Map<number, Row>();
  const take = (row: Row) => {
    rows.set(row.index, row);
    onRow(row);
  };
  // From the end: what takes seconds each is there, and should not be all that one process still does while the others rest.
  const units = unitsOf(checks);
  const running = new Set<ChildProcess>();
  // Left alone, a process would notice the closed channel only at the end of its check.
  const stop = () => {
    for (const child of running) child.kill();
    process.exit(1);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const work = async () => {
    let child: ChildProcess | null = null;
    for (let unit = units.pop(); unit; unit = units.pop()) {
      if (!child) running.add((child = await start(program)));
      const ending = await give(child, unit, take);
      if (ending === null) continue;
      running.delete(child);
      child = null;
      const [fatal, ...rest] = unit.filter(({ index }) => !rows.has(index));
      take(failedRow(fatal, `the process ended during this check: ${ending}`));
      if (rest.length > 0) units.push(rest);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, units.length) }, work));
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return checks.map(({ index }) => rows.get(index)!);
}
