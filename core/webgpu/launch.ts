import { DeviceError, TapegradError } from '../errors.js';
import { type Op, inputNames, isInPlace, outputNames } from '../op.js';
import type { LaunchCommand } from './commands.js';
import type { KernelLimits, Launch } from './kernel.js';
import type { Pipeline, PipelineCache } from './pipelines.js';
import type { WebGpuStorage } from './storage.js';
import { packParams } from './uniforms.js';

/** The storages of one call by the names that its kernels bind them by. */
export class CallArguments {
  private readonly storages = new Map<string, WebGpuStorage>();
  private readonly writable = new Set<string>();

  constructor(
    private readonly op: Op, inputs: readonly WebGpuStorage[], outputs: readonly WebGpuStorage[],
    scratch: ReadonlyMap<string, WebGpuStorage>,
  ) {
    const mutates = isInPlace(op) ? op.mutates : [];
    inputNames(op, inputs.length).forEach((name, i) => this.add(name, inputs[i], mutates.includes(name)));
    outputNames(op, outputs.length).forEach((name, i) => this.add(name, outputs[i], true));
    for (const [name, storage] of scratch) this.add(name, storage, true);
  }

  get(module: string, name: string, kind: 'read' | 'read_write'): WebGpuStorage {
    const storage = this.storages.get(name);
    if (!storage) {
      const known = [...this.storages.keys()].join(', ');
      throw new TapegradError(`${this.op.name}: ${module} binds ${name}; this call has: ${known}`);
    }
    if (kind === 'read_write' && !this.writable.has(name)) {
      throw new TapegradError(`${this.op.name}: ${module} writes its input ${name}; list it under mutates`);
    }
    return storage;
  }

  private add(name: string, storage: WebGpuStorage, writable: boolean): void {
    this.storages.set(name, storage);
    if (writable) this.writable.add(name);
  }
}

/** Checks one launch of a plan against the kernel and the adapter, and makes it a command; null for an empty grid. */
export function resolveLaunch(
  op: string, launch: Launch, args: CallArguments, pipelines: PipelineCache, limits: KernelLimits,
): LaunchCommand | null {
  const { module, workgroups } = launch;
  checkGrid(op, module.name, workgroups, limits.maxComputeWorkgroupsPerDimension);
  if (workgroups.includes(0)) return null;
  const pipeline = pipelines.get(op, launch);
  const { storages: bindings, params } = pipeline.layout;
  const storages = bindings.map(({ name, kind }) => args.get(module.name, launch.bind?.[name] ?? name, kind));
  checkAliases(op, pipeline, storages);
  if (launch.params && !params) throw new TapegradError(`${op}: ${module.name} has no uniform params, yet it is given some`);
  return {
    kind: 'launch',
    op,
    pipeline,
    storages,
    writes: storages.filter((_, i) => bindings[i].kind === 'read_write'),
    params: params ? packParams(op, module, launch.params ?? {}) : null,
    workgroups,
  };
}

function checkGrid(op: string, module: string, workgroups: Launch['workgroups'], limit: number): void {
  for (const count of workgroups) {
    if (!Number.isInteger(count) || count < 0 || count > limit) {
      throw new DeviceError(
        `${op}: ${module} wants a grid of [${workgroups}] workgroups, this adapter takes whole numbers up to ${limit} ` +
          'a dimension; fold it with foldGrid()',
      );
    }
  }
}

/** WebGPU refuses a dispatch that binds one buffer twice if either binding writes: the order would be undefined. */
function checkAliases(op: string, { layout }: Pipeline, storages: readonly WebGpuStorage[]): void {
  storages.forEach((storage, i) => {
    if (layout.storages[i].kind === 'read') return;
    const other = storages.findIndex((candidate, j) => j !== i && candidate === storage);
    if (other !== -1) {
      const [written, alias] = [layout.storages[i].name, layout.storages[other].name];
      throw new DeviceError(`${op}: ${written} is changed in place, so ${alias} must not share its memory; clone() it`);
    }
  });
}
