import { ShapeError } from './errors.js';
import { requireArray } from './options.js';

/** Extents, outermost first; `[]` is a scalar. Storage is always contiguous and row-major. */
export type Shape = readonly number[];

/** The largest rank that kernels take: eight extents fill two vec4u of a uniform. */
export const MAX_RANK = 8;

/** `shape`, or a copy of it, in a form that cannot be changed: a caller may go on using the array it gave. */
export function frozen(shape: Shape): Shape {
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape]);
}

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Row-major strides in elements: the last axis has stride 1. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Throws unless `shape` consists of whole, non-negative extents and has at most MAX_RANK of them. */
export function checkShape(op: string, shape: Shape): void {
  requireArray(op, 'shape', shape);
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${op}: shape [${shape}] has rank ${shape.length}; at most ${MAX_RANK} axes are supported`);
  }
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) {
      throw new ShapeError(`${op}: shape [${shape}] must consist of whole numbers from 0`);
    }
  }
}

/** A possibly negative axis as 0 .. rank-1. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new ShapeError(`${op}: axis ${axis} is out of range for a tensor of rank ${rank}`);
  }
  return normalized;
}

/** Axes as a sorted list of distinct 0 .. rank-1; `undefined` or `null` means all of them. */
export function normalizeAxes(op: string, axes: number | readonly number[] | null | undefined, rank: number): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, axis) => axis);
  if (typeof axes !== 'number') requireArray(op, 'axes', axes);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(list).size !== list.length) throw new ShapeError(`${op}: axes [${list}] name one axis twice`);
  return list.sort((a, b) => a - b);
}

/** The shape that both broadcast to (NumPy's rule: align right, an extent of 1 stretches). */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: shapes [${a}] and [${b}] do not broadcast: axis ${rank - i} has extents ${x} and ${y}; they must be equal or 1`,
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/** Strides that read a tensor of shape `from` as if it had shape `to`: stretched axes get stride 0. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = contiguousStrides(from);
  const lead = to.length - from.length;
  return to.map((extent, axis) => (axis < lead || (from[axis - lead] === 1 && extent !== 1) ? 0 : strides[axis - lead]));
}

/** The axes of `to` along which a tensor of shape `from` was stretched: the ones a gradient is summed over. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  const axes: number[] = [];
  for (let axis = 0; axis < to.length; axis++) {
    if (axis < lead || (from[axis - lead] === 1 && to[axis] !== 1)) axes.push(axis);
  }
  return axes;
}

/** The shape left when `axes` (sorted, normalised) are reduced. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDim: boolean): number[] {
  if (keepDim) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Resolves one -1 in `shape` from the number of elements, and checks that the count fits. */
export function resolveReshape(op: string, from: Shape, shape: Shape): number[] {
  requireArray(op, 'shape', shape);
  const size = sizeOf(from);
  const unknown = shape.indexOf(-1);
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const resolved = [...shape];
  if (unknown !== -1 && known > 0 && size % known === 0) resolved[unknown] = size / known;
  if (resolved.includes(-1) || sizeOf(resolved) !== size) {
    throw new ShapeError(`${op}: a tensor of shape [${from}] (${size} elements) cannot take the shape [${shape}]`);
  }
  checkShape(op, resolved);
  return resolved;
}

/**
 * Merges adjacent axes that every operand walks without a jump, and drops axes of extent 1.
 * The loop nest stays the same, only shorter: [8, 32, 26, 26] + [32, 1, 1] becomes [8, 32, 676].
 */
export function collapseAxes(shape: Shape, strides: readonly (readonly number[])[]): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [];
  const outStrides: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis];
    if (extent === 1) continue;
    const last = outShape.length - 1;
    const joins = last >= 0 && strides.every((s, k) => outStrides[k][last] === s[axis] * extent);
    if (joins) {
      outShape[last] *= extent;
      strides.forEach((s, k) => (outStrides[k][last] = s[axis]));
    } else {
      outShape.push(extent);
      strides.forEach((s, k) => outStrides[k].push(s[axis]));
    }
  }
  return { shape: outShape, strides: outStrides };
}
