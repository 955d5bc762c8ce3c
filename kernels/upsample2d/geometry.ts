export interface UpsampleAttrs {
  /** Height and width of the result. */
  size: readonly [number, number];
  mode: 'nearest' | 'bilinear';
  /** Bilinear only: the centres of the corner cells stay in place, not the outer edges of the image. */
  alignCorners: boolean;
}

/** An output position p looks at input position (slope p + shift) / divisor, not below 0: whole numbers. */
export interface AxisMap {
  slope: number;
  shift: number;
  divisor: number;
}

/**
 * How `from` cells are seen at `to` positions, p being the position and i what it looks at:
 * nearest: floor(p from / to). Corners aligned: i = p (from - 1) / (to - 1), or 0 if there is one position. Else the centres of
 * cells lie at halves: i + 1/2 = (p + 1/2) from / to, so i = ((2 p + 1) from - to) / (2 to).
 */
function unreduced(from: number, to: number, { mode, alignCorners }: UpsampleAttrs): AxisMap {
  if (mode === 'nearest') return { slope: from, shift: 0, divisor: to };
  if (alignCorners) return to > 1 ? { slope: from - 1, shift: 0, divisor: to - 1 } : { slope: 0, shift: 0, divisor: 1 };
  return { slope: 2 * from, shift: from - to, divisor: 2 * to };
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** How `from` cells are seen at `to` positions, in the smallest whole numbers, as products of them must fit into 32 bits. */
export function axisMap(from: number, to: number, attrs: UpsampleAttrs): AxisMap {
  const { slope, shift, divisor } = unreduced(from, to, attrs);
  const common = gcd(gcd(slope, shift), divisor);
  return { slope: slope / common, shift: shift / common, divisor: divisor / common };
}
