// out[i] = A[i] B[i] (+ bias) for every matrix i of a batch, from operands that packLines.wgsl has laid out in tiles of 8 rows of A
// and 8 columns of B. Batches broadcast: an axis of extent 1 has stride 0.
//
// Tiling: an invocation keeps 8 rows by 8 columns of the result in registers. Each step of the inner extent takes two vec4 of A
// and two of B for 64 products: packing has turned transposes, tails and strides into that one pattern.
//   `main`         8 invocations, 2 tiles of rows by 4 of columns, read the operands straight from memory. Where registers are
//                  the fast memory (lavapipe, SwiftShader) this is twice as fast as direct.wgsl, which loads 3 values for
//                  every 8 products where this loads 2, and turns them round in registers.
//   `main_shared`  64 invocations, 8 tiles by 8, load 8 steps of the inner extent into workgroup memory together, so that each
//                  value is read from memory once a workgroup instead of 8 times. For real GPUs.
// Cost: 2 rows columns inner flops a matrix; `main` loads each value of A columns / 8 times, each of B rows / 8 times.


struct Params {
  batch_shape: array<vec4u, 2>,
  batch_strides_a: array<vec4u, 2>,   // in vec4s of the packed operand
  batch_strides_b: array<vec4u, 2>,
  batch_rank: u32,
  matrices: u32,
  rows: u32,
  columns: u32,
  inner: u32,
  row_tiles: u32,
  column_tiles: u32,
  row_blocks: u32,       // of a workgroup's tiles
  column_blocks: u32,
  has_bias: u32,
  relu: u32,
}

@group(0) @binding(0) var<storage, read> packed_a: array<vec4f>;
@group(0) @binding(1) var<storage, read> packed_b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Eight rows of the result: columns 0 to 3 (a) and 4 to 7 (b).
struct Sums {
  a0: vec4f,
  b0: vec4f,
  a1: vec4f,
  b1: vec4f,
  a2: vec4f,
  b2: vec4f,
  a3: vec4f,
  b3: vec4f,
  a4: vec4f,
  b4: vec4f,
  a5: vec4f,
  b5: vec4f,
  a6: vec4f,
  b6: vec4f,
  a7: vec4f,
  b7: vec4f,
}

// sums + the product of 8 values of a column of A and 8 of a row of B.
fn multiply_add(sums: Sums, x: vec4f, x_rest: vec4f, y: vec4f, y_rest: vec4f) -> Sums {
  return Sums(
    sums.a0 + x.x * y, sums.b0 + x.x * y_rest,
    sums.a1 + x.y * y, sums.b1 + x.y * y_rest,
    sums.a2 + x.z * y, sums.b2 + x.z * y_rest,
    sums.a3 + x.w * y, sums.b3 + x.w * y_rest,
    sums.a4 + x_rest.x * y, sums.b4 + x_rest.x * y_rest,
    sums.a5 + x_rest.y * y, sums.b5 + x_rest.y * y_rest,
    sums.a6 + x_rest.z * y, sums.b6 + x_rest.z * y_rest,
    sums.a7 + x_rest.w * y, sums.b7 + x_rest.w * y_rest
  );
}

fn no_sums() -> Sums {
  let zero = vec4f(0.0);
  return Sums(zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero);
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

fn store_row(matrix: u32, row: u32, column: u32, a: vec4f, b: vec4f) {
  if (row < params.rows) {
    let at = (matrix * params.rows + row) * params.columns + column;
    store_four(at, column, activated(a));
    store_four(at + 4u, column + 4u, activated(b));
  }
}

fn store(matrix: u32, row: u32, column: u32, sums: Sums) {
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  if (params.has_bias != 0u) {
    a = vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
    b = vec4f(bias[column + 4u], bias[column + 5u], bias[column + 6u], bias[column + 7u]);
  }
  store_row(matrix, row, column, sums.a0 + a, sums.b0 + b);
  store_row(matrix, row + 1u, column, sums.a1 + a, sums.b1 + b);
  store_row(matrix, row + 2u, column, sums.a2 + a, sums.b2 + b);
  store_row(matrix, row + 3u, column, sums.a3 + a, sums.b3 + b);
  store_row(matrix, row + 4u, column, sums.a4 + a, sums.b4 + b);
  store_row(matrix, row + 5u, column, sums.a5 + a, sums.b5 + b);
  store_row(matrix, row + 6u, column, sums.a6 + a, sums.b6 + b);
  store_row(matrix, row + 7u, column, sums.a7 + a, sums.b7 + b);
}

// Where the packed matrices of both operands start for matrix `matrix` of the result.
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

@compute @workgroup_size(8, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let column_tile = (area % params.column_blocks) * 4u + lane % 4u;
  let row_tile = ((area / params.column_blocks) % params.row_blocks) * 2u + lane / 4u;
  let matrix = area / (params.column_blocks * params.row_blocks);
  if (matrix >= params.matrices || row_tile >= params.row_tiles || column_tile >= params.column_tiles) {
    return;
  }
  let start = starts(matrix);
  var at_a = start.x + row_tile * params.inner * 2u;
  var at_b = start.y + column_tile * params.inner * 2u;
  var sums = no_sums();
  for (var k = 0u; k < params.inner; k++) {
    sums = multiply_add(sums, packed_a[at_a], packed_a[at_a + 1u], packed_b[at_b], packed_b[at_b + 1u]);
    at_a += 2u;
    at_b += 2u;
  }
  store(matrix, row_tile * 8u, column_tile * 8u, sums);
}

// Eight steps of the inner extent for 8 tiles of 8 lines, as the packed operands have them: [tile][k][2 vec4].
var<workgroup> shared_a: array<vec4f, 128>;
var<workgroup> shared_b: array<vec4f, 128>;

@compute @workgroup_size(64, 1, 1)
fn main_shared(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let first_column = (area % params.column_blocks) * 8u;
  let first_row = ((area / params.column_blocks) % params.row_blocks) * 8u;
  let matrix = area / (params.column_blocks * params.row_blocks);
  if (matrix >= params.matrices) {
    return;
  }
  let start = starts(matrix);
  var sums = no_sums();
  for (var k = 0u; k < params.inner; k += 8u) {
    // Sixteen vec4 a tile, so 64 invocations take 4 tiles at a time. Past the last tile or step they load zeros.
    for (var i = lane; i < 128u; i += 64u) {
      let tile = i / 16u;
      let step = k + (i % 16u) / 2u;
      var x = vec4f(0.0);
      var y = vec4f(0.0);
      if (step < params.inner && first_row + tile < params.row_tiles) {
        x = packed_a[start.x + ((first_row + tile) * params.inner + step) * 2u + i % 2u];
      }
      if (step < params.inner && first_column + tile < params.column_tiles) {
        y = packed_b[start.y + ((first_column + tile) * params.inner + step) * 2u + i % 2u];
      }
      shared_a[i] = x;
      shared_b[i] = y;
    }
    workgroupBarrier();
    let at_a = (lane / 8u) * 16u;
    let at_b = (lane % 8u) * 16u;
    for (var step = 0u; step < 16u; step += 2u) {
      sums = multiply_add(sums, shared_a[at_a + step], shared_a[at_a + step + 1u], shared_b[at_b + step], shared_b[at_b + step + 1u]);
    }
    workgroupBarrier();
  }
  store(matrix, (first_row + lane / 8u) * 8u, (first_column + lane % 8u) * 8u, sums);
}
