import { indexing } from './indexing.js';
import { shape } from './shape.js';
import type { OracleFamily } from './types.js';

/** Case file name -> how tapegrad computes each of its ops. */
export const oracleFamilies: Record<string, OracleFamily> = {
  indexing,
  shape,
};
