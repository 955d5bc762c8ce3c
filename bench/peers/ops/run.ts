import { peersInstalled } from '../installed.js';
import { provideWebGpu } from '../webgpu.js';
import { jax } from './jax.js';
import { type RowResult, enter, leave, raceRow } from './race.js';
import type { Row } from './rows.js';
import { onnxRuntime } from './onnxruntime.js';
import { tapegrad } from './tapegrad.js';
import { tfjs } from './tfjs.js';

export interface PeerRace {
  readonly rows: readonly Row[];
  /** Samples of each contender in each row. */
  readonly rounds: number;
  readonly onRow: (result: RowResult) => void;
}

/**
 * Races tapegrad, jax-js, tfjs and ONNX Runtime Web through the rows on one adapter; tapegrad alone where the peers are not installed. tapegrad's
 * lane is always the first. Call `provideWebGpu()` before `init()`: the adapter must come from the object that peers look at.
 */
export async function racePeers({ rows, rounds, onRow }: PeerRace): Promise<RowResult[]> {
  provideWebGpu();
  const entrants = await enter(peersInstalled() ? [tapegrad(), jax(), tfjs(), onnxRuntime()] : [tapegrad()]);
  const reference = tapegrad('cpu', 'float64');
  const results: RowResult[] = [];
  for (const row of rows) {
    const result = await raceRow(row, entrants, reference, rounds);
    results.push(result);
    onRow(result);
  }
  leave(entrants);
  return results;
}
