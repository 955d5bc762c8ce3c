import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Where and when a figure was measured: without it, it cannot be compared with another. */
export interface Environment {
  date: string;
  node: string;
  platform: string;
  cpu: string;
  cores: number;
  /** The WebGPU adapter; null for measurements on the CPU. */
  adapter: string | null;
}

export function describeEnvironment(adapter: string | null): Environment {
  const cores = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    adapter,
  };
}

/** The version of the package in a folder: by default, of tapegrad itself. */
export function versionOf(folder = '.'): string {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version;
}
