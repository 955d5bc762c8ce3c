import { init } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import type { Reply, Request } from './against.js';
import { openBench } from './device.js';
import { CLOCKS, type ClockChoice } from './processorClock.js';
import { inputsOf, selectRows } from './rows.js';
import { type Side, ownSide } from './side.js';

/* The process of another commit's kernels: `worker.mjs CLOCK AXES`, started by `against.ts`, answers one request after another. */

const [clock, axes] = process.argv.slice(2);
const rows = new Map(selectRows(/./, JSON.parse(axes)).map((row) => [row.id, row]));
let opened: Promise<Side> | null = null;

async function open(): Promise<Side> {
  const { backend } = await init({ device: 'webgpu' });
  return ownSide(await openBench(backend as WebGpuBackend, CLOCKS[clock as ClockChoice]));
}

async function answer(request: Request): Promise<Reply> {
  try {
    const row = rows.get(request.row);
    if (!row) return { result: { absent: 'the other commit has no such row' } };
    if (request.call === 'meet' && String(inputsOf(row)) !== String(request.inputs)) {
      return { result: { absent: `the other commit has this row on ${inputsOf(row).join(', ')}` } };
    }
    const side = await (opened ??= open());
    return { result: request.call === 'meet' ? await side.meet(row) : await side.measureRound(row, request.milliseconds) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

process.on('message', (request: Request) => void answer(request).then((reply) => process.send!(reply)));
process.on('disconnect', () => process.exit(0));
