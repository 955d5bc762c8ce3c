/** Where, when and of what a figure was measured: without it, it cannot be compared with another. */
export interface Environment {
  date: string;
  /** Node's version, or the browser. */
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

export function stampOf({ adapterInfo, features, limits }: GPUDevice, implementation: string): WebGpuStamp {
  const { vendor, architecture, device, description } = adapterInfo;
  const values: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') values[name] = value;
  }
  return { vendor, architecture, device, driver: description, implementation, features: [...features].sort(), limits: values };
}
