import type { Tolerance } from '../../core/samples.js';

/** For ops that only move values. */
export const EXACT: Tolerance = { relative: 0, absolute: 0, reason: 'values are moved, bit by bit; none is computed' };
