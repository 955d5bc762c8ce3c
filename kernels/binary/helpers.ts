import type { Tensor } from '../../core/tensor.js';

/** An int32 condition as 0 or 1 in the dtype of `like`: a factor that lets a gradient pass or not. */
export function maskLike(condition: Tensor, like: Tensor): Tensor {
  return condition.to(like.dtype);
}

/** log(base), but 0 where the base is 0: the slope of base^y in y vanishes there. */
export function logOf(base: Tensor): Tensor {
  return base.add(maskLike(base.eq(0), base)).log();
}
