import type { TypedArray } from '../../core/dtype.js';

/** A matrix inside an array: element (i, j) is data[offset + i * rowStride + j * columnStride]. */
export interface Matrix {
  readonly data: TypedArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * out = a b, or out += a b, for a of [rows, inner] and b of [inner, columns]; sums are kept in double precision.
 * Two by four results are computed together, so that values once loaded are used several times.
 */
export function gemm(rows: number, columns: number, inner: number, a: Matrix, b: Matrix, out: Matrix, accumulate = false): void {
  const wholeRows = rows - (rows % 2);
  const wholeColumns = columns - (columns % 4);
  for (let i = 0; i < wholeRows; i += 2) {
    for (let j = 0; j < wholeColumns; j += 4) block(i, j, inner, a, b, out, accumulate);
  }
  for (let i = 0; i < rows; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < columns; j++) single(i, j, inner, a, b, out, accumulate);
  }
}

/** One element: a row of a times a column of b. */
function single(i: number, j: number, inner: number, a: Matrix, b: Matrix, out: Matrix, accumulate: boolean): void {
  let atA = a.offset + i * a.rowStride;
  let atB = b.offset + j * b.columnStride;
  let sum = 0;
  for (let k = 0; k < inner; k++) {
    sum += a.data[atA] * b.data[atB];
    atA += a.columnStride;
    atB += b.rowStride;
  }
  put(sum, i, j, out, accumulate);
}

/** Elements (i .. i+1, j .. j+3). `| 0` tells the JavaScript engine that positions stay 32-bit integers. */
function block(i: number, j: number, inner: number, a: Matrix, b: Matrix, out: Matrix, accumulate: boolean): void {
  const x = a.data;
  const y = b.data;
  const stepA = a.columnStride;
  const stepB = b.rowStride;
  let a0 = a.offset + i * a.rowStride;
  let a1 = a0 + a.rowStride;
  let b0 = b.offset + j * b.columnStride;
  let b1 = b0 + b.columnStride;
  let b2 = b1 + b.columnStride;
  let b3 = b2 + b.columnStride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let k = 0; k < inner; k++) {
    const x0 = x[a0];
    const x1 = x[a1];
    const y0 = y[b0];
    const y1 = y[b1];
    const y2 = y[b2];
    const y3 = y[b3];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    a0 = (a0 + stepA) | 0;
    a1 = (a1 + stepA) | 0;
    b0 = (b0 + stepB) | 0;
    b1 = (b1 + stepB) | 0;
    b2 = (b2 + stepB) | 0;
    b3 = (b3 + stepB) | 0;
  }
  put(s00, i + 0, j + 0, out, accumulate);
  put(s01, i + 0, j + 1, out, accumulate);
  put(s02, i + 0, j + 2, out, accumulate);
  put(s03, i + 0, j + 3, out, accumulate);
  put(s10, i + 1, j + 0, out, accumulate);
  put(s11, i + 1, j + 1, out, accumulate);
  put(s12, i + 1, j + 2, out, accumulate);
  put(s13, i + 1, j + 3, out, accumulate);
}

function put(sum: number, i: number, j: number, { data, offset, rowStride, columnStride }: Matrix, accumulate: boolean): void {
  const at = offset + i * rowStride + j * columnStride;
  data[at] = accumulate ? data[at] + sum : sum;
}
