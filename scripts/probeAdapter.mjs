/* Exits with 0 and one line of description if this process can open a WebGPU device; run in a child by adapter.mjs. */
import { create } from 'webgpu';

const adapter = await create([]).requestAdapter();
if (!adapter) process.exit(1);
await adapter.requestDevice();
console.log(`${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`);
process.exit(0);
