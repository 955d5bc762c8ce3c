import type { TypedArray } from '../dtype.js';
import { DeviceError } from '../errors.js';
import { type Command, type UploadCommand, blocksOf, failureOf, waitsFor } from './commands.js';
import type { BatchEncoder } from './encoder.js';
import { oneLine } from './pipelines.js';
import type { WebGpuStorage } from './storage.js';

/** Commands queued before they are submitted unasked: many share the cost of one submission, and the device still starts early. */
const BATCH = 64;

/**
 * The queue between ops, which are synchronous, and a device that compiles and allocates asynchronously. Commands are
 * kept as plain data, in order, until everything they need is there. Once a program has warmed up nothing is ever
 * missing, and a batch is encoded and submitted on the spot.
 */
export class Recorder {
  private queue: Command[] = [];
  private recorded = 0;
  private submitted = 0;
  /** Resolves when the device has checked every batch handed to it so far. */
  private checked: Promise<void> = Promise.resolve();
  private refusal: DeviceError | null = null;

  constructor(private readonly device: GPUDevice, private readonly encoder: BatchEncoder) {}

  record(command: Command): void {
    for (const block of blocksOf(command)) block.pins++;
    this.queue.push(command);
    this.recorded++;
    if (this.queue.length >= BATCH) this.submitReady();
  }

  /** Copies `data` into `target`, after everything recorded before. */
  upload(target: WebGpuStorage, data: TypedArray): void {
    if (data.length === 0) return; // Deno 2.9 panics when nothing is written.
    const command: UploadCommand = { kind: 'upload', target, data };
    if (this.submitReady() || waitsFor(command)) this.record({ ...command, data: data.slice() });
    else this.execute(command);
  }

  /** Submits commands up to the first that has to wait, and returns what it waits for; null if the queue is empty now. */
  submitReady(): Promise<void> | null {
    let wait: Promise<void> | null = null;
    let count = 0;
    for (const command of this.queue) {
      wait = waitsFor(command);
      if (wait) break;
      this.execute(command);
      count++;
    }
    this.encoder.submit();
    for (const command of this.queue.splice(0, count)) {
      for (const block of blocksOf(command)) block.pins--;
    }
    this.submitted += count;
    return wait;
  }

  /** Submits everything recorded before this call. */
  async flush(): Promise<void> {
    const end = this.recorded;
    while (this.submitted < end) await this.submitReady();
  }

  /** Throws if the device refused anything that it was given so far. */
  async verify(): Promise<void> {
    await this.checked;
    if (this.refusal) throw this.refusal;
  }

  /**
   * Notes a batch that the device did not accept. Values are lost then, and nobody knows which: every later read throws.
   * Kernels and calls are checked before they are recorded, so this is an error in tapegrad or in the driver.
   */
  refuse(error: GPUError): void {
    this.refusal ??= new DeviceError(`webgpu: the device refused a batch: ${oneLine(error.message)}`);
  }

  /** Called by the encoder with the verdict on each batch. */
  check(problem: Promise<GPUError | null>): void {
    const verdict = problem.then((error) => {
      if (error) this.refuse(error);
    }, () => {}); // the scope of a lost device: reported by LossGuard
    this.checked = Promise.all([this.checked, verdict]).then(() => {});
  }

  private execute(command: Command): void {
    const failure = failureOf(command);
    if (command.kind === 'launch') {
      if (failure) for (const storage of command.writes) storage.poison(failure);
      else this.encoder.launch(command);
    } else if (command.kind === 'copy') {
      command.failure = failure;
      if (!failure) this.encoder.copy(command);
    } else if (!failure) {
      this.encoder.submit(); // writeBuffer takes effect at once, ahead of anything that is only encoded
      this.device.queue.writeBuffer(command.target.block.buffer, 0, command.data);
    }
  }
}
