import { grad } from '../core/backward.js';
import { ShapeError } from '../core/errors.js';
import { enableGrad } from '../core/gradMode.js';
import { scope } from '../core/memory.js';
import { readOptions } from '../core/options.js';
import { sameShape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { rand } from '../kernels/random/op.js';
import { mean, sum } from '../kernels/reduce/op.js';

/*
 * Losses of generative adversarial networks, from the discriminator's scores of real and of generated examples (logits, before
 * any sigmoid; any shape). Names are those of TF-GAN (`tfgan.losses`), in camelCase.
 */

/** -log D(real) - log(1 - D(fake)), means, with D the sigmoid of the score (Goodfellow et al. 2014). For both generator losses below. */
export function minimaxDiscriminatorLoss(real: Tensor, fake: Tensor): Tensor {
  return scope(() => mean(real.neg().softplus()).add(mean(fake.softplus())));
}

/** log(1 - D(fake)), mean: what the discriminator gains, the generator loses. Flat where the discriminator is sure. */
export function minimaxGeneratorLoss(fake: Tensor): Tensor {
  return scope(() => mean(fake.softplus()).neg());
}

/** -log D(fake), mean: the same fixed point as minimax, and a slope where the discriminator is sure. TF-GAN: `modified_generator_loss`. */
export function nonSaturatingGeneratorLoss(fake: Tensor): Tensor {
  return scope(() => mean(fake.neg().softplus()));
}

/** mean(fake) - mean(real): minus the distance that a critic of slope 1 sees (Arjovsky et al. 2017); add `gradientPenalty`. */
export function wassersteinDiscriminatorLoss(real: Tensor, fake: Tensor): Tensor {
  return scope(() => mean(fake).sub(mean(real)));
}

/** -mean(fake). */
export function wassersteinGeneratorLoss(fake: Tensor): Tensor {
  return scope(() => mean(fake).neg());
}

export interface GradientPenaltyOptions {
  /** Default 10. */
  weight?: number;
  /** The slope that is wanted. Default 1. */
  target?: number;
}

/** Added to the squared slope, so that its root has a slope at 0. */
const EPSILON = 1e-12;

/**
 * weight mean((|d critic / d x| - target)^2) at random points on the lines between real and generated examples, both
 * [n, ...] (Gulrajani et al. 2017). A gradient of a gradient: the result is differentiable in the critic's parameters.
 */
export function gradientPenalty(
  critic: (x: Tensor) => Tensor, real: Tensor, fake: Tensor, options: GradientPenaltyOptions = {},
): Tensor {
  const { weight, target } = readOptions('gradientPenalty', options, { weight: 10, target: 1 });
  if (!sameShape(real.shape, fake.shape) || real.rank < 2) {
    throw new ShapeError(`gradientPenalty: real [${real.shape}] and fake [${fake.shape}] must have one shape [n, ...]`);
  }
  return scope(() => {
    const [n, ...rest] = real.shape;
    const share = rand([n, ...rest.map(() => 1)], { dtype: real.dtype, device: real.device });
    const between = fake.add(real.sub(fake).mul(share)).detach();
    between.requiresGrad = true;
    // Within noGrad() too: its value is then wanted, though not its gradient.
    const [slope] = enableGrad(() => grad(sum(critic(between)), [between], { createGraph: true }));
    const size = slope.reshape([n, -1]).square().sum({ axis: 1 }).add(EPSILON).sqrt();
    return mean(size.sub(target).square()).mul(weight);
  });
}
