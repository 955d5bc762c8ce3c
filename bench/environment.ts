import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Where, when and of what a figure was measured: without it, it cannot be compared with another. */
export interface Environment {
  date: string;
  node: string;
  platform: string;
  cpu: string;
  cores: number;
  /** The WebGPU adapter in one line; null for measurements on the CPU. */
  adapter: string | null;
  /** More of the adapter; null for measurements on the CPU. */
  webgpu: WebGpuStamp | null;
  /** The commit, with a `+` if files differ from it; null outside a git checkout. */
  commit: string | null;
}

export interface WebGpuStamp {
  vendor: string;
  architecture: string;
  device: string;
  /** The driver, as far as WebGPU tells. */
  driver: string;
  /** What implements WebGPU. */
  implementation: string;
  features: string[];
  limits: Record<string, number>;
}

/** `device`: the WebGPU device behind `adapter`. */
export function describeEnvironment(adapter: string | null, device?: GPUDevice): Environment {
  const cores = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    adapter,
    webgpu: device ? stampOf(device, `Dawn (webgpu ${versionOf('node_modules/webgpu')})`) : null,
    commit: currentCommit(),
  };
}

export function stampOf({ adapterInfo, features, limits }: GPUDevice, implementation: string): WebGpuStamp {
  const { vendor, architecture, device, description } = adapterInfo;
  const values: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') values[name] = value;
  }
  return { vendor, architecture, device, driver: description, implementation, features: [...features].sort(), limits: values };
}

function currentCommit(): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return null;
  const changed = git('status', '--porcelain', '--untracked-files=no').stdout.trim() !== '';
  return `${head.stdout.trim()}${changed ? '+' : ''}`;
}

/** The version of the package in a folder: by default, of tapegrad itself. */
export function versionOf(folder = '.'): string {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
}
