import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Environment, stampOf } from './stamp.js';

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
