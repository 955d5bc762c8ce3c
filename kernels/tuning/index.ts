import { type TuningTable, registerTuning } from '../../core/webgpu/tuning.js';
import lavapipe from './lavapipe.json';
import swiftshader from './swiftshader.json';

/* Which variant of each kernel measured best, adapter by adapter: written by `npm run bench -- --tune`. */

for (const table of [lavapipe, swiftshader]) registerTuning(table as TuningTable);
