import type { DType } from '../core/dtype.js';
import { isFloat, requireInt } from '../core/dtype.js';
import { ShapeError } from '../core/errors.js';
import type { Spec } from '../core/backend.js';

/*
 * What the ops with an index argument share. An index counts from 0; negative ones are out of range, as in PyTorch.
 * Out of range is an error on the CPU. A kernel cannot throw: on WebGPU reading gives NaN (0 for int32), and adding
 * adds nothing; memory outside the tensor is never touched.
 */

/** CPU: `index`, if it names one of `extent` positions; throws otherwise. */
export function checkIndex(op: string, index: number, extent: number): number {
  if (index < 0 || index >= extent) {
    const allowed = extent === 0 ? 'the axis is empty' : `allowed are 0 to ${extent - 1}`;
    throw new ShapeError(`${op}: index ${index} is out of range for an axis of extent ${extent}: ${allowed}`);
  }
  return index;
}

/** WGSL: the bits that stand for an element which an index out of range asked for. */
export function missingBits(dtype: DType): number {
  return isFloat(dtype) ? 0x7fc00000 : 0;
}

/** Throws unless `axis` is one of 0 .. rank-1. The public functions have resolved negative ones before. */
export function checkAxis(op: string, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    throw new ShapeError(`${op}: axis ${axis} is out of range for a tensor of rank ${rank}`);
  }
}

/** The shape rule of `gather` and `scatterAdd`: one rank, and `index` within `x` on every axis but `axis`. */
export function checkIndexAlong(op: string, x: Spec, index: Spec, axis: number): void {
  requireInt(op, 'index', index.dtype);
  if (index.shape.length !== x.shape.length) {
    throw new ShapeError(`${op}: x of shape [${x.shape}] and index of shape [${index.shape}] must have the same rank`);
  }
  checkAxis(op, axis, x.shape.length);
  index.shape.forEach((extent, d) => {
    if (d !== axis && extent > x.shape[d]) {
      throw new ShapeError(
        `${op}: index of shape [${index.shape}] exceeds x of shape [${x.shape}] on axis ${d}; only axis ${axis} may be longer`,
      );
    }
  });
}

/** The shape rule of a one-dimensional index. */
export function checkIndexList(op: string, index: Spec): void {
  requireInt(op, 'index', index.dtype);
  if (index.shape.length !== 1) {
    throw new ShapeError(`${op}: index must have one axis, got shape [${index.shape}]; flatten() it`);
  }
}
