/**
 * Makes the columns of a row-major [rows, columns] matrix (rows >= columns, of full rank) orthonormal, in place: modified
 * Gram-Schmidt, done twice, which keeps them orthogonal to rounding (Giraud et al. 2005). It is the Q of the QR decomposition whose R has
 * a positive diagonal, so that a matrix of normal draws gives each orthogonal matrix with equal probability (Mezzadri 2007).
 */
export function orthonormalize(matrix: Float64Array, rows: number, columns: number): void {
  const dot = (a: number, b: number) => {
    let total = 0;
    for (let i = 0; i < rows; i++) total += matrix[i * columns + a] * matrix[i * columns + b];
    return total;
  };
  for (let column = 0; column < columns; column++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < column; earlier++) {
        const share = dot(earlier, column);
        for (let i = 0; i < rows; i++) matrix[i * columns + column] -= share * matrix[i * columns + earlier];
      }
    }
    const length = Math.sqrt(dot(column, column));
    for (let i = 0; i < rows; i++) matrix[i * columns + column] /= length;
  }
}
