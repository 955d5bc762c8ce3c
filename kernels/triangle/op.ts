import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { RUN_VARIANTS, rowWalk } from '../runs.js';
import { movingCost } from '../strided/plan.js';
import { triangleCpu } from './cpu.js';
import triangleWgsl from './triangle.wgsl';

export interface TriangleAttrs {
  /** column - row of the last (tril) or first (triu) diagonal that is kept. */
  diagonal: number;
}

function defineTriangle(name: 'tril' | 'triu', isKept: (above: number) => boolean): void {
  defineOp<KernelOp<TriangleAttrs>>({
    name,
    inputs: ['x'],
    infer([x], { diagonal }) {
      if (x.shape.length < 2) throw new ShapeError(`${name}: x [${x.shape}] must be a matrix, or a batch of them [.., rows, columns]`);
      if (!Number.isInteger(diagonal)) throw new ShapeError(`${name}: diagonal must be a whole number, got ${diagonal}`);
      return [x];
    },
    cpu: ([x], [out], { diagonal }) => triangleCpu(x, out, (row, column) => isKept(column - row - diagonal)),
    kernel({ inputs: [x], attrs: { diagonal }, variant }) {
      if (sizeOf(x.shape) === 0) return { launches: [] };
      const [rows, columns] = x.shape.slice(-2);
      const isUpper = name === 'triu';
      const { overrides, params, workgroups } = rowWalk(sizeOf(x.shape) / columns, columns, variant);
      const firstEdge = Math.max(-rows, Math.min(columns, diagonal)) + (isUpper ? 0 : 1);
      return {
        launches: [{
          module: triangleWgsl,
          overrides: { ...overrides, UPPER: isUpper },
          params: { rows, columns, ...params, first_edge: firstEdge },
          workgroups,
        }],
      };
    },
    variants: RUN_VARIANTS,
    cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
    vjp: ([gradient], { attrs }) => [callOp(name, [gradient], attrs)],
  });
}

defineTriangle('tril', (above) => above <= 0);
defineTriangle('triu', (above) => above >= 0);

declare module '../../core/tensor.js' {
  interface Tensor {
    /** The lower triangle of each matrix, zero above `diagonal`. See `tril`. */
    tril(diagonal?: number): Tensor;
    /** The upper triangle of each matrix, zero below `diagonal`. See `triu`. */
    triu(diagonal?: number): Tensor;
  }
}

/**
 * The lower triangle of each matrix of x [.., rows, columns]: elements with column - row <= `diagonal` (default 0, the main
 * diagonal; negative ones lie below it), and zero elsewhere, whatever stood there. Any dtype. PyTorch's name: `torch.tril`.
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return callOp('tril', [x], { diagonal });
}

/** The upper triangle of each matrix: elements with column - row >= `diagonal`. See `tril`. PyTorch's name: `torch.triu`. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return callOp('triu', [x], { diagonal });
}

Tensor.prototype.tril = function (diagonal) {
  return tril(this, diagonal);
};

Tensor.prototype.triu = function (diagonal) {
  return triu(this, diagonal);
};
