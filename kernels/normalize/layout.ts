import { ShapeError } from '../../core/errors.js';
import { type Shape, sameShape, sizeOf } from '../../core/shape.js';

/**
 * How a normalisation sees x. Statistics: x is [blocks, groups, inner], and a group owns `inner` neighbouring values in
 * every block. Weight and bias: x is [.., channels, step], and a channel owns `step` neighbouring values in every row.
 */
export interface NormalizeLayout {
  readonly blocks: number;
  readonly groups: number;
  readonly inner: number;
  readonly channels: number;
  readonly step: number;
}

function requireChannels(op: string, x: Shape): void {
  if (x.length < 2) throw new ShapeError(`${op}: x [${x}] must be [batch, channels, ...]`);
}

/** x [batch, channels, ...]: a group is a channel in the whole batch. Throws where x has no channels. */
export function batchLayout(op: string, x: Shape): NormalizeLayout {
  requireChannels(op, x);
  const [blocks, channels] = x;
  const inner = sizeOf(x.slice(2));
  return { blocks, groups: channels, inner, channels, step: inner };
}

/** The trailing axes of x are a group, and each place in them is a channel. Throws unless x ends with `normalizedShape`. */
export function layerLayout(op: string, x: Shape, normalizedShape: Shape): NormalizeLayout {
  const rank = normalizedShape.length;
  const lead = x.length - rank;
  if (rank === 0 || lead < 0 || !sameShape(x.slice(lead), normalizedShape)) {
    throw new ShapeError(`${op}: normalizedShape [${normalizedShape}] must name the last axes of x [${x}], one at least`);
  }
  const inner = sizeOf(normalizedShape);
  return { blocks: 1, groups: sizeOf(x.slice(0, lead)), inner, channels: inner, step: 1 };
}

/** x [batch, channels, ...]: a group is `channels / groups` neighbouring channels of one sample. */
export function groupLayout(op: string, x: Shape, groups: number): NormalizeLayout {
  requireChannels(op, x);
  const [batch, channels] = x;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(`${op}: the ${channels} channels of x [${x}] do not fall into ${groups} groups; choose a divisor`);
  }
  const step = sizeOf(x.slice(2));
  return { blocks: 1, groups: batch * groups, inner: (channels / groups) * step, channels, step };
}

/** How many values the statistics of one group are made of. */
export function valuesOfGroup({ blocks, inner }: NormalizeLayout): number {
  return blocks * inner;
}

/** How many values share one weight. */
export function valuesOfChannel({ blocks, groups, inner, channels }: NormalizeLayout): number {
  return channels === 0 ? 0 : (blocks * groups * inner) / channels;
}
