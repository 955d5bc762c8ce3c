import { ShapeError } from '../../core/errors.js';
import type { Shape } from '../../core/shape.js';
import type { FusedActivation } from '../fusedActivation.js';

/** Settings of a two-dimensional convolution, axis by axis: height, then width. */
export interface Conv2dAttrs extends FusedActivation {
  stride: readonly [number, number];
  /** Zeros before and after. */
  padding: readonly [readonly [number, number], readonly [number, number]];
  dilation: readonly [number, number];
  groups: number;
}

/** All extents of one convolution; channels and filters are those of one group. */
export interface Conv2dGeometry {
  batch: number;
  groups: number;
  channels: number;
  filters: number;
  height: number;
  width: number;
  kernelHeight: number;
  kernelWidth: number;
  outHeight: number;
  outWidth: number;
}

function checkSettings(op: string, { stride, padding, dilation, groups }: Conv2dAttrs): void {
  const whole = (name: string, values: readonly number[], least: number) => {
    if (values.length !== 2 || !values.every((value) => Number.isInteger(value) && value >= least)) {
      throw new ShapeError(`${op}: ${name} [${values}] must be two whole numbers from ${least}`);
    }
  };
  whole('stride', stride, 1);
  whole('dilation', dilation, 1);
  padding.forEach((sides) => whole('padding', sides, 0));
  if (!Number.isInteger(groups) || groups < 1) throw new ShapeError(`${op}: groups must be a whole number from 1, got ${groups}`);
}

/** The extents for x [batch, channels, height, width] and weight [filters, channels / groups, kernel height, kernel width]. */
export function conv2dGeometry(op: string, x: Shape, weight: Shape, attrs: Conv2dAttrs): Conv2dGeometry {
  checkSettings(op, attrs);
  const shapes = `x [${x}] and weight [${weight}]`;
  if (x.length !== 4 || weight.length !== 4) {
    throw new ShapeError(`${op}: ${shapes} must be [batch, channels, height, width] and [filters, channels / groups, height, width]`);
  }
  const { groups, stride, padding, dilation } = attrs;
  if (x[1] !== weight[1] * groups || weight[0] % groups !== 0) {
    throw new ShapeError(`${op}: ${shapes} do not fit with ${groups} groups: x must have ${weight[1]} x ${groups} channels, and ${groups} must divide ${weight[0]}`);
  }
  const outExtent = (axis: 0 | 1) => {
    const reach = dilation[axis] * (weight[2 + axis] - 1) + 1;
    const padded = x[2 + axis] + padding[axis][0] + padding[axis][1];
    if (weight[2 + axis] < 1 || padded < reach) {
      throw new ShapeError(`${op}: ${shapes}: the kernel reaches over ${reach}, more than the ${padded} of the padded input, on axis ${2 + axis}`);
    }
    return Math.floor((padded - reach) / stride[axis]) + 1;
  };
  return {
    batch: x[0],
    groups,
    channels: weight[1],
    filters: weight[0] / groups,
    height: x[2],
    width: x[3],
    kernelHeight: weight[2],
    kernelWidth: weight[3],
    outHeight: outExtent(0),
    outWidth: outExtent(1),
  };
}
