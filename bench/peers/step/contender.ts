import type { DeviceName } from '../../../index.js';

/** An engine that trains the network of `workload.ts`, one step at a time. */
export interface Contender {
  /** Engine and backend: `tfjs webgpu`. */
  readonly name: string;
  readonly version: string;

  /** Opens the device and makes parameters and optimiser. Kernels are compiled by the first step, not here. */
  prepare(): Promise<void>;

  /**
   * One step on the next batch: upload, forward, loss, backward, Adam, and the loss read back. Resolves with the loss
   * when all of that has been executed, the new parameters included, so that nothing runs on into another's time.
   */
  step(): Promise<number>;

  dispose(): void;
}

/** Makes a contender for a kind of device; cheap, nothing is opened. */
export type ContenderFactory = (device: DeviceName) => Contender;
