/* The inverse of the standard normal distribution function: Acklam's rational approximations, good to a relative 1.2e-9. */

const CENTRE = [
  [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239],
  [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1],
];
const TAIL = [
  [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783],
  [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
];
/** Where the tail begins. */
const TAIL_SHARE = 0.02425;

const polynomial = (coefficients: readonly number[], x: number) => coefficients.reduce((value, coefficient) => value * x + coefficient, 0);

/** The x below which a standard normal value lies with probability `p`; -Infinity for 0, Infinity for 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p > 1 - TAIL_SHARE) return -normalQuantile(1 - p);
  if (p < TAIL_SHARE) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL[0], q) / polynomial(TAIL[1], q);
  }
  const q = p - 0.5;
  return (q * polynomial(CENTRE[0], q * q)) / polynomial(CENTRE[1], q * q);
}
