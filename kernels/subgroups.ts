import type { KernelLimits } from '../core/webgpu/kernel.js';

/** The invocations of a subgroup that the shaders named subgroups.wgsl are written for; 0 where a device has others, or none. */
export function subgroupLanes({ subgroupSize }: Pick<KernelLimits, 'subgroupSize'>): 0 | 4 | 8 {
  return subgroupSize === 4 || subgroupSize === 8 ? subgroupSize : 0;
}
