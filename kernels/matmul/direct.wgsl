// out[i] = A[i] B[i] (+ bias) for every matrix i of a batch: A is [rows, inner], B is [inner, columns], row-major, or stored
// transposed. Batches broadcast: an axis of extent 1 has stride 0.
//
// Tiling: an invocation keeps 4 rows by 8 columns of the result in registers and walks the inner extent by fours. Each
// step loads four 4x4 blocks, as vec4s where the contiguous extents are whole numbers of vec4s; a transposed operand is
// turned in registers. A workgroup of 64 invocations covers 32 rows by 64 columns or, where there are fewer columns, more rows by
// fewer: `column_lanes` of them lie side by side. No workgroup memory, no barriers.
// Cost: 2 rows columns inner flops a matrix; each value of A is loaded columns / 8 times, each of B rows / 4 times.

override TRANSPOSE_A: bool = false;
override TRANSPOSE_B: bool = false;
// The contiguous extent is a whole number of vec4s.
override VECTORS_A: bool = true;
override VECTORS_B: bool = true;
// inner is a whole number of fours.
override WHOLE_INNER: bool = true;

struct Params {
  batch_shape: array<vec4u, 2>,
  batch_strides_a: array<vec4u, 2>,
  batch_strides_b: array<vec4u, 2>,
  batch_rank: u32,
  rows: u32,
  columns: u32,
  inner: u32,
  column_lanes: u32,
  row_tiles: u32,
  column_tiles: u32,
  tiles: u32,         // of the whole batch
  has_bias: u32,
  relu: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Four rows of four values.
struct Block {
  r0: vec4f,
  r1: vec4f,
  r2: vec4f,
  r3: vec4f,
}

fn transposed(m: Block) -> Block {
  return Block(
    vec4f(m.r0.x, m.r1.x, m.r2.x, m.r3.x),
    vec4f(m.r0.y, m.r1.y, m.r2.y, m.r3.y),
    vec4f(m.r0.z, m.r1.z, m.r2.z, m.r3.z),
    vec4f(m.r0.w, m.r1.w, m.r2.w, m.r3.w)
  );
}

// Four neighbours of a, the first at `line * length + position`. What lies past the line's end is never used, or masked.
fn four_a(start: u32, line: u32, lines: u32, position: u32, length: u32) -> vec4f {
  let at = start + min(line, lines - 1u) * length;
  if (VECTORS_A) {
    return a[(at + min(position, length - 4u)) / 4u];
  }
  let last = length - 1u;
  let p = vec4u(at) + min(vec4u(position, position + 1u, position + 2u, position + 3u), vec4u(last));
  return vec4f(a[p.x / 4u][p.x % 4u], a[p.y / 4u][p.y % 4u], a[p.z / 4u][p.z % 4u], a[p.w / 4u][p.w % 4u]);
}

fn four_b(start: u32, line: u32, lines: u32, position: u32, length: u32) -> vec4f {
  let at = start + min(line, lines - 1u) * length;
  if (VECTORS_B) {
    return b[(at + min(position, length - 4u)) / 4u];
  }
  let last = length - 1u;
  let p = vec4u(at) + min(vec4u(position, position + 1u, position + 2u, position + 3u), vec4u(last));
  return vec4f(b[p.x / 4u][p.x % 4u], b[p.y / 4u][p.y % 4u], b[p.z / 4u][p.z % 4u], b[p.w / 4u][p.w % 4u]);
}

// Rows row .. row + 3 of A, values k .. k + 3 of the inner extent.
fn block_a(start: u32, row: u32, k: u32) -> Block {
  if (TRANSPOSE_A) {
    let lines = params.inner;
    let length = params.rows;
    return transposed(Block(
      four_a(start, k, lines, row, length),
      four_a(start, k + 1u, lines, row, length),
      four_a(start, k + 2u, lines, row, length),
      four_a(start, k + 3u, lines, row, length)
    ));
  }
  let lines = params.rows;
  let length = params.inner;
  return Block(
    four_a(start, row, lines, k, length),
    four_a(start, row + 1u, lines, k, length),
    four_a(start, row + 2u, lines, k, length),
    four_a(start, row + 3u, lines, k, length)
  );
}

// Values k .. k + 3 of the inner extent, columns column .. column + 3 of B.
fn block_b(start: u32, k: u32, column: u32) -> Block {
  if (TRANSPOSE_B) {
    let lines = params.columns;
    let length = params.inner;
    return transposed(Block(
      four_b(start, column, lines, k, length),
      four_b(start, column + 1u, lines, k, length),
      four_b(start, column + 2u, lines, k, length),
      four_b(start, column + 3u, lines, k, length)
    ));
  }
  let lines = params.inner;
  let length = params.columns;
  return Block(
    four_b(start, k, lines, column, length),
    four_b(start, k + 1u, lines, column, length),
    four_b(start, k + 2u, lines, column, length),
    four_b(start, k + 3u, lines, column, length)
  );
}

// Past the inner extent both factors must be zero: a value read by mistake may be infinite.
fn mask_columns(m: Block, k: u32) -> Block {
  let inside = vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(params.inner);
  let none = vec4f(0.0);
  return Block(
    select(none, m.r0, inside), select(none, m.r1, inside), select(none, m.r2, inside), select(none, m.r3, inside)
  );
}

fn mask_rows(m: Block, k: u32) -> Block {
  let none = vec4f(0.0);
  return Block(
    select(none, m.r0, k < params.inner),
    select(none, m.r1, k + 1u < params.inner),
    select(none, m.r2, k + 2u < params.inner),
    select(none, m.r3, k + 3u < params.inner)
  );
}

// sums + x y, all four by four.
fn multiply_add(x: Block, y: Block, sums: Block) -> Block {
  return Block(
    sums.r0 + x.r0.x * y.r0 + x.r0.y * y.r1 + x.r0.z * y.r2 + x.r0.w * y.r3,
    sums.r1 + x.r1.x * y.r0 + x.r1.y * y.r1 + x.r1.z * y.r2 + x.r1.w * y.r3,
    sums.r2 + x.r2.x * y.r0 + x.r2.y * y.r1 + x.r2.z * y.r2 + x.r2.w * y.r3,
    sums.r3 + x.r3.x * y.r0 + x.r3.y * y.r1 + x.r3.z * y.r2 + x.r3.w * y.r3
  );
}

// relu, if asked for. NaN is not below 0, and stays.
fn activated(values: vec4f) -> vec4f {
  if (params.relu != 0u) {
    return select(values, vec4f(0.0), values <= vec4f(0.0));
  }
  return values;
}

fn store_four(at: u32, column: u32, values: vec4f) {
  if (column < params.columns) { out[at] = values.x; }
  if (column + 1u < params.columns) { out[at + 1u] = values.y; }
  if (column + 2u < params.columns) { out[at + 2u] = values.z; }
  if (column + 3u < params.columns) { out[at + 3u] = values.w; }
}

// With the second row first.
fn moved_up(m: Block) -> Block {
  return Block(m.r1, m.r2, m.r3, m.r0);
}

// Where the matrices of both operands start for matrix `matrix` of the result.
fn starts(matrix: u32) -> vec2u {
  var rest = matrix;
  var at = vec2u(0u, 0u);
  for (var axis = params.batch_rank; axis > 0u; axis--) {
    let word = (axis - 1u) / 4u;
    let part = (axis - 1u) % 4u;
    let extent = params.batch_shape[word][part];
    at += (rest % extent) * vec2u(params.batch_strides_a[word][part], params.batch_strides_b[word][part]);
    rest = rest / extent;
  }
  return at;
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let tile = (group.z * grid.y + group.y) * grid.x + group.x;
  let row_lanes = 64u / params.column_lanes;
  let column = ((tile % params.column_tiles) * params.column_lanes + lane % params.column_lanes) * 8u;
  let row = ((tile / params.column_tiles) % params.row_tiles * row_lanes + lane / params.column_lanes) * 4u;
  let matrix = tile / (params.column_tiles * params.row_tiles);
  if (tile >= params.tiles || row >= params.rows || column >= params.columns) {
    return;
  }
  let start = starts(matrix);
  let zero = Block(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(0.0));
  var left = zero;
  var right = zero;
  for (var k = 0u; k < params.inner; k += 4u) {
    var x = block_a(start.x, row, k);
    var y0 = block_b(start.y, k, column);
    var y1 = block_b(start.y, k, column + 4u);
    if (!WHOLE_INNER) {
      x = mask_columns(x, k);
      y0 = mask_rows(y0, k);
      y1 = mask_rows(y1, k);
    }
    left = multiply_add(x, y0, left);
    right = multiply_add(x, y1, right);
  }
  var bias_left = vec4f(0.0);
  var bias_right = vec4f(0.0);
  if (params.has_bias != 0u) {
    bias_left = vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
    bias_right = vec4f(bias[column + 4u], bias[column + 5u], bias[column + 6u], bias[column + 7u]);
  }
  // A loop that no compiler can unroll: written out, these stores take lavapipe as long to compile as all the rest.
  let end = min(row + 4u, params.rows);
  for (var r = row; r < end; r++) {
    let at = (matrix * params.rows + r) * params.columns + column;
    store_four(at, column, activated(left.r0 + bias_left));
    store_four(at + 4u, column + 4u, activated(right.r0 + bias_right));
    left = moved_up(left);
    right = moved_up(right);
  }
}
