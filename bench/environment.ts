import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { currentCommit } from '../examples/commit.js';
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

/** The version of the package in a folder: by default, of tapegrad itself. */
export function versionOf(folder = '.'): string {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
}
