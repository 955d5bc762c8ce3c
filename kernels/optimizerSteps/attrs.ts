/* What each optimiser's step is told, besides its tensors. The names are those of the options in `optim/`. */

export interface SgdStepAttrs {
  lr: number;
  /** 0: no momentum, and `momentumBuffer` is empty. */
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
}

export interface AdamStepAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** AdamW: the weights decay by themselves, not through the gradient. */
  decoupled: boolean;
  /** Counts from 1; corrects the averages for their start at zero. */
  step: number;
}

export interface RmsPropStepAttrs {
  lr: number;
  alpha: number;
  eps: number;
  /** 0: no momentum, and `momentumBuffer` is empty. */
  momentum: number;
  /** Divide by the standard deviation of the gradients; otherwise `gradAvg` is empty. */
  centered: boolean;
  weightDecay: number;
}

export interface AdagradStepAttrs {
  lr: number;
  /** The rate of a step is lr / (1 + (step - 1) lrDecay). */
  lrDecay: number;
  eps: number;
  weightDecay: number;
  /** Counts from 1. */
  step: number;
}

export interface AdadeltaStepAttrs {
  lr: number;
  rho: number;
  eps: number;
  weightDecay: number;
}

export interface NAdamStepAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** How fast the momentum grows from half of beta1 to all of it. */
  momentumDecay: number;
  /** Counts from 1; drives the momentum and corrects the averages for their start at zero. */
  step: number;
}
