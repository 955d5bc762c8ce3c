import type { DeviceName } from '../core/backend.js';
import { fileSystem } from '../core/nodeModule.js';
import { readOptions } from '../core/options.js';
import { type Tensor, requireTensors, tensor } from '../core/tensor.js';
import { type Checkpoint, type HostTensor, decodeCheckpoint, encodeCheckpoint } from './safetensors.js';
import { writeWholeFile } from './wholeFile.js';

/** Copies the values of tensors to the host, as `encodeCheckpoint` takes them. Waits for the device. */
export async function readTensors(tensors: Record<string, Tensor>): Promise<Record<string, HostTensor>> {
  const entries = Object.entries(tensors).map(async ([name, t]): Promise<[string, HostTensor]> =>
    [name, { dtype: t.dtype, shape: t.shape, data: await t.data() }]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Makes tensors of what `decodeCheckpoint` gives, on `device` (default: the device chosen by `init()`). */
export function makeTensors(host: Record<string, HostTensor>, options: { device?: DeviceName } = {}): Record<string, Tensor> {
  const { device } = readOptions('makeTensors', options, { device: undefined });
  const entries = Object.entries(host).map(([name, { dtype, shape, data }]) => [name, tensor(data, shape, { dtype, device })]);
  return Object.fromEntries(entries);
}

/**
 * Writes a checkpoint, in Node: tensors (`model.stateDict()`, `optimizer.stateDict().tensors`) and a map of strings.
 * The file appears whole or not at all.
 */
export async function saveCheckpoint(file: string, tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Promise<void> {
  requireTensors('saveCheckpoint', tensors);
  await writeWholeFile(file, encodeCheckpoint({ tensors: await readTensors(tensors), metadata }));
}

/**
 * Reads a checkpoint, in Node, and makes its tensors on `device` (default: the device chosen by `init()`); the caller
 * disposes them. Throws FormatError for a file that is damaged or no checkpoint.
 */
export async function loadCheckpoint(file: string, options: { device?: DeviceName } = {}): Promise<Checkpoint<Tensor>> {
  const { device } = readOptions('loadCheckpoint', options, { device: undefined });
  const { readFile } = await fileSystem();
  const { tensors, metadata } = decodeCheckpoint(await readFile(file), file);
  return { tensors: makeTensors(tensors, { device }), metadata };
}
