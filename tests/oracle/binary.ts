import { where } from '../../index.js';
import type { OracleFamily } from './types.js';

export const binary: OracleFamily = {
  add: ({ a, b }) => a.add(b),
  sub: ({ a, b }) => a.sub(b),
  mul: ({ a, b }) => a.mul(b),
  div: ({ a, b }) => a.div(b),
  pow: ({ a, b }) => a.pow(b),
  maximum: ({ a, b }) => a.maximum(b),
  minimum: ({ a, b }) => a.minimum(b),
  where: ({ cond, a, b }) => where(cond, a, b),
};
