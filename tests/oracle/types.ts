import type { Tensor } from '../../index.js';

/** Settings of a case, as PyTorch names them. */
export type OracleAttrs = Record<string, any>;

/** How tapegrad computes one op of the oracle: named inputs in, the outputs in the case's order out. */
export type OracleAdapter = (inputs: Record<string, Tensor>, attrs: OracleAttrs) => Tensor | Tensor[];

/** Op name in the case files -> adapter. */
export type OracleFamily = Record<string, OracleAdapter>;
