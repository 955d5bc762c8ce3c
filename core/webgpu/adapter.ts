import { DeviceError } from '../errors.js';
import { importUnseen } from '../nodeModule.js';

/** A device, and what is known of the adapter behind it. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** One line for people. */
  readonly description: string;
  readonly family: AdapterFamily;
  /** Invocations of a subgroup, if the device has them and all have the same size; else 0. */
  readonly subgroupSize: number;
}

/** Adapters that favour the same kernels: `software` runs on the CPU (lavapipe, SwiftShader, WARP). */
export type AdapterFamily = 'software' | 'integrated' | 'discrete';

/** Used when the adapter has them; a kernel that needs one is a variant beside a plain kernel. */
const OPTIONAL_FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];

/** A device gets WebGPU's small defaults unless the adapter's own limits are asked for, one by one. */
const REQUESTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'minUniformBufferOffsetAlignment',
] as const;

const NO_ADAPTER = "webgpu: no usable adapter (no GPU driver that WebGPU accepts); use init({ device: 'cpu' })";

/** Opens the fastest adapter with its real limits. Throws DeviceError where there is none. */
export async function openDevice(): Promise<OpenDevice> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new DeviceError(NO_ADAPTER);
  const requiredLimits: Record<string, number> = {};
  for (const name of REQUESTED_LIMITS) requiredLimits[name] = adapter.limits[name];
  const requiredFeatures = OPTIONAL_FEATURES.filter((name) => adapter.features.has(name));
  try {
    const device = await adapter.requestDevice({ label: 'tapegrad', requiredFeatures, requiredLimits });
    const { info } = adapter;
    const subgroupSize = device.features.has('subgroups') ? fixedSubgroupSize(info) : 0;
    return { device, description: describe(info), family: familyOf(info), subgroupSize };
  } catch (error) {
    throw new DeviceError(`webgpu: the adapter ${describe(adapter.info)} gave no device: ${(error as Error).message}`);
  }
}

/** Dawn's entry object, one for the whole process: Node crashes when it is collected, even after its devices are gone. */
let dawn: GPU | null = null;

/** The browser's and Deno's own WebGPU; in Node, Dawn from the optional package `webgpu`. */
async function findGpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return navigator.gpu;
  if (!globalThis.process?.versions?.node) {
    throw new DeviceError("webgpu: this browser has no WebGPU; use a current one, or init({ device: 'cpu' })");
  }
  // Who has already looked in vain says so, and spares the user the driver loader's own complaints.
  if (process.env.TAPEGRAD_ADAPTER === 'none') throw new DeviceError(NO_ADAPTER);
  if (!dawn) {
    const { create, globals } = await importDawn();
    Object.assign(globalThis, globals); // GPUBufferUsage and its like, as in a browser
    dawn = create([]);
  }
  return dawn;
}

async function importDawn(): Promise<typeof import('webgpu')> {
  try {
    return await importUnseen('webgpu');
  } catch (error) {
    const cause = (error as Error).message.split('\n')[0];
    throw new DeviceError(`webgpu: Node needs the package 'webgpu'; install it with: npm install webgpu (${cause})`);
  }
}

/** WebGPU does not say where a GPU sits; of these vendors all, or nearly all, share the CPU's memory. */
const INTEGRATED = /^(intel|apple|arm|qualcomm|img-tec|samsung|broadcom)/i;

/** What kernels are chosen by. Its own type, as lib DOM and @webgpu/types differ on which members a GPUAdapterInfo may lack. */
interface AdapterFacts {
  readonly isFallbackAdapter: boolean;
  readonly vendor: string;
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
}

export function familyOf({ isFallbackAdapter, vendor }: Pick<AdapterFacts, 'isFallbackAdapter' | 'vendor'>): AdapterFamily {
  if (isFallbackAdapter) return 'software';
  return INTEGRATED.test(vendor) ? 'integrated' : 'discrete';
}

/** WebGPU lets a driver choose a size for each kernel; 0 if this one does. */
export function fixedSubgroupSize({ subgroupMinSize, subgroupMaxSize }: Pick<AdapterFacts, 'subgroupMinSize' | 'subgroupMaxSize'>): number {
  return subgroupMinSize !== undefined && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0;
}

function describe(info: GPUAdapterInfo): string {
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== '');
  const software = info.isFallbackAdapter ? ' (software)' : '';
  return `${words.join(', ') || 'unknown adapter'}${software}`;
}
