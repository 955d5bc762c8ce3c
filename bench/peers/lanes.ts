/* What both races do with their contenders. */

/** `items` beginning with another one each round, so that nobody always runs after the same neighbour. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = items.length > 0 ? round % items.length : 0;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Null, or in one line why `action` failed. */
export async function failureOf(action: () => Promise<void>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    return String((error as Error).message ?? error).split('\n')[0];
  }
}

export interface Time {
  readonly milliseconds: number;
  /** Processor time of all threads: steadier than the clock on a busy machine; a software adapter's work is in it. */
  readonly cpuMilliseconds: number;
}

export async function timed(action: () => Promise<void>): Promise<Time> {
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  await action();
  const milliseconds = performance.now() - began;
  const cpu = process.cpuUsage(cpuBefore);
  return { milliseconds, cpuMilliseconds: (cpu.user + cpu.system) / 1000 };
}
