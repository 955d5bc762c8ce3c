import type { KernelPlan } from '../core/webgpu/kernel.js';
import { rewriteTiles } from '../core/webgpu/tiles.js';

/** SHA-256 of all that the compiler was given for a plan, shortened: two rows with one hash ran the same kernels. */
export async function hashOfWgsl(op: string, { launches }: KernelPlan): Promise<string> {
  const sources = launches.map(({ module, entryPoint = 'main', overrides = {}, tiles = {} }) =>
    JSON.stringify([rewriteTiles(op, module, tiles), entryPoint, overrides]));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sources.join('\n')));
  return [...new Uint8Array(digest).slice(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
