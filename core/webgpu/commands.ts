import type { TypedArray } from '../dtype.js';
import { OutOfMemoryError, type TapegradError } from '../errors.js';
import type { Pipeline } from './pipelines.js';
import type { Block } from './pool.js';
import type { WebGpuStorage } from './storage.js';

/** One dispatch, ready to be encoded as soon as its pipeline and its memory are there. */
export interface LaunchCommand {
  readonly kind: 'launch';
  readonly op: string;
  readonly pipeline: Pipeline;
  /** In the order of the pipeline's storage bindings. */
  readonly storages: readonly WebGpuStorage[];
  /** Those of `storages` that the kernel writes. */
  readonly writes: readonly WebGpuStorage[];
  /** The uniform struct, packed. */
  readonly params: Uint32Array<ArrayBuffer> | null;
  readonly workgroups: readonly [number, number, number];
}

/** Host values into a storage. */
export interface UploadCommand {
  readonly kind: 'upload';
  readonly target: WebGpuStorage;
  readonly data: TypedArray;
}

/** A storage into a buffer that can be mapped. */
export interface CopyCommand {
  readonly kind: 'copy';
  readonly source: WebGpuStorage;
  readonly target: Block;
  /** Why nothing was copied: known once the command was submitted. */
  failure: TapegradError | null;
}

/** What the recorder queues, as plain data: nothing has been asked of the device yet. */
export type Command = LaunchCommand | UploadCommand | CopyCommand;

/** The memory that a command touches. */
export function blocksOf(command: Command): readonly Block[] {
  if (command.kind === 'launch') return command.storages.map((storage) => storage.block);
  if (command.kind === 'upload') return [command.target.block];
  return [command.source.block, command.target];
}

/** What keeps the command from being encoded, or null when nothing does. */
export function waitsFor(command: Command): Promise<void> | null {
  if (command.kind === 'launch' && command.pipeline.pending) return command.pipeline.pending;
  for (const block of blocksOf(command)) if (block.pending) return block.pending;
  return null;
}

/**
 * Why the command cannot do its work, although nothing is pending: no memory, no kernel, or values that are missing.
 * The storages that it should have filled share that cause from then on.
 */
export function failureOf(command: Command): TapegradError | null {
  if (command.kind === 'upload') return command.target.failure;
  if (command.kind === 'copy') return command.source.failure ?? stagingFailure(command);
  if (command.pipeline.error) return command.pipeline.error;
  for (const storage of command.storages) if (storage.failure) return storage.failure;
  return null;
}

function stagingFailure({ source, target }: CopyCommand): TapegradError | null {
  if (target.failure === null) return null;
  return new OutOfMemoryError('read', [source.length], source.bytes, target.failure);
}
