import { type Tensor, allOps, tensor, Philox } from '../../index.js';
import { type Op, isDifferentiableOutput } from '../../core/op.js';
import { type Sample, type SampleInput, drawSample, samplesOf, specsOf, takesGradient } from '../../core/samples.js';
import { type Shape, sizeOf } from '../../core/shape.js';

/* What a node of a random graph can be: a small sample of a differentiable op, whose inputs other nodes can feed. */

export interface Template {
  op: Op;
  sample: Sample;
}

/** Nodes stay small, so that thousands of graphs can be differentiated numerically. */
const MOST_ELEMENTS = 80;

let templates: Template[] | null = null;

/** Every small sample of every op that has slopes. */
export function graphTemplates(): Template[] {
  templates ??= allOps().flatMap((op) => {
    const declared = samplesOf(op.name);
    if (typeof op.vjp !== 'function' || !declared || declared.flat !== undefined) return [];
    return declared.samples.filter((sample) => {
      const specs = specsOf(sample);
      const all = [...specs, ...op.infer(specs, sample.attrs ?? {})];
      const sizes = all.map(({ shape }) => sizeOf(shape));
      return sample.inputs.some(takesGradient) && Math.min(...sizes) > 0 && sizes.reduce((a, b) => a + b, 0) <= MOST_ELEMENTS;
    }).map((sample) => ({ op, sample }));
  });
  return templates;
}

/**
 * The elements of `t`, repeated or cut to fill `shape`, each copy scaled and moved in its own way: equal values would make
 * a variance vanish and a maximum tie.
 */
function refill(t: Tensor, shape: Shape): Tensor {
  const size = sizeOf(shape);
  const copies = Math.ceil(size / t.size);
  const repeated = t.reshape([1, t.size]).expand([copies, t.size]).reshape([copies * t.size]).narrow(0, 0, size);
  const random = new Philox(size, 17);
  const constant = (draw: () => number) => tensor(Float32Array.from({ length: size }, draw), [size], { dtype: t.dtype, device: t.device });
  return repeated.mul(constant(() => 0.5 + random.uniform())).add(constant(() => 2 * random.normal())).reshape(shape);
}

/** The widest part of an input's domain without a kink in it. */
function smoothPart({ low = -2, high = 2, avoid = [], margin = 0.05 }: SampleInput): [number, number] {
  const kinks = avoid.filter((kink) => kink > low - margin && kink < high + margin).sort((a, b) => a - b);
  const starts = [low, ...kinks.map((kink) => kink + margin)];
  const ends = [...kinks.map((kink) => kink - margin), high];
  const widest = starts.reduce((best, start, i) => (ends[i] - start > ends[best] - starts[best] ? i : best), 0);
  return [starts[widest], ends[widest]];
}

/** `t` in the shape and the domain of an input, by smooth and recorded ops: a sigmoid takes the real line to an interval. */
export function fit(t: Tensor, input: SampleInput): Tensor {
  const [low, high] = input.data ? [-1, 1] : smoothPart(input);
  const squeezed = refill(t, input.shape).mul(0.5).sigmoid().mul(high - low).add(low);
  if (!input.data) return squeezed;
  // Exact values were asked for (an open gate, a pole avoided): move about them a little.
  return squeezed.mul(1e-2).add(tensor(input.data, input.shape, { dtype: t.dtype, device: t.device }));
}

/** A value for an input that no node feeds: labels, positions, statistics. */
export function constantFor(input: SampleInput, like: Tensor, seed: number): Tensor {
  const dtype = input.dtype === 'int32' ? 'int32' : like.dtype;
  return tensor(drawSample(input, dtype, new Philox(seed, 3)), input.shape, { dtype, device: like.device });
}

/** The outputs that another node can take. */
export function carriers(op: Op, outputs: readonly Tensor[]): Tensor[] {
  return outputs.filter((output, i) => isDifferentiableOutput(op, i, output));
}
