/*
 * Runs in Deno, started by compile.ts: reads variants of kernels from standard input as JSON, and makes a pipeline of each.
 * Last line: `N compiled, N refused`. Exit code 1 if one is refused, 2 without an adapter.
 */

const variants = JSON.parse(await new Response(Deno.stdin.readable).text());
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) {
  console.error('naga: Deno found no WebGPU adapter; a software one (lavapipe) will do');
  Deno.exit(2);
}
const device = await adapter.requestDevice({ requiredLimits: { maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage } });
console.log(`WebGPU: wgpu in Deno ${Deno.version.deno}, ${adapter.info.description || adapter.info.vendor}`);

let refused = 0;
for (const { file, entryPoint, code, constants, from } of variants) {
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint, constants } });
  const error = await device.popErrorScope();
  if (!error) continue;
  refused++;
  console.log(`${file}, ${entryPoint} ${JSON.stringify(constants)}, launched by ${from}: ${error.message.replace(/\s+/g, ' ').trim()}`);
}
console.log(`${variants.length - refused} compiled, ${refused} refused`);
device.destroy();
Deno.exit(refused > 0 ? 1 : 0);
