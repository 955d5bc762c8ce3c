// out[i] = A[i] B[i] (+ bias), as packed.wgsl and from the same tiles of 8 rows of A and 8 columns of B, in subgroups of LANES
// invocations (4 or 8). Needs subgroups of that size, always.
//
// Tiling: an invocation keeps 4 LANES rows by 8 columns of the result in registers; the subgroup's columns lie side by side. Each
// step of the inner extent, an invocation loads one vec4 of A, which it hands to all the others, and two of B: 3 loads for
// 32 LANES products, where packed.wgsl has 4 for 64. On adapters that run on a CPU each lane's load is a branch, a bounds check and
// a move of its own, worth ten products or more, whereas a broadcast is one instruction for all lanes: on lavapipe this is twice
// as fast as packed.wgsl, on SwiftShader a third faster.
// No workgroup memory, no barriers. Broadcasts want all invocations to take the same way: none returns early.
// Cost: 2 rows columns inner flops a matrix; A is loaded columns / (8 LANES) times, B rows / (4 LANES) times.

enable subgroups;

override LANES: u32 = 8;

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
  row_blocks: u32,       // of 4 LANES rows
  column_blocks: u32,    // of 8 LANES columns
  has_bias: u32,
  relu: u32,
}

@group(0) @binding(0) var<storage, read> packed_a: array<vec4f>;
@group(0) @binding(1) var<storage, read> packed_b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Four rows of the result: columns 0 to 3 (a) and 4 to 7 (b).
struct Rows {
  a0: vec4f,
  b0: vec4f,
  a1: vec4f,
  b1: vec4f,
  a2: vec4f,
  b2: vec4f,
  a3: vec4f,
  b3: vec4f,
}

// sums + the product of 4 values of a column of A and 8 of a row of B.
fn multiply_add(sums: Rows, x: vec4f, y: vec4f, y_rest: vec4f) -> Rows {
  return Rows(
    sums.a0 + x.x * y, sums.b0 + x.x * y_rest,
    sums.a1 + x.y * y, sums.b1 + x.y * y_rest,
    sums.a2 + x.z * y, sums.b2 + x.z * y_rest,
    sums.a3 + x.w * y, sums.b3 + x.w * y_rest
  );
}

fn no_sums() -> Rows {
  let zero = vec4f(0.0);
  return Rows(zero, zero, zero, zero, zero, zero, zero, zero);
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
fn moved_up(rows: Rows) -> Rows {
  return Rows(rows.a1, rows.b1, rows.a2, rows.b2, rows.a3, rows.b3, rows.a0, rows.b0);
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

@compute @workgroup_size(LANES, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(subgroup_invocation_id) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let column_tile = (area % params.column_blocks) * LANES + lane;
  let row_block = (area / params.column_blocks) % params.row_blocks;
  let matrix = area / (params.column_blocks * params.row_blocks);
  if (matrix >= params.matrices) {
    return;
  }
  // A tile has 8 rows, so two lanes share one. Past the last tile they read it once more, and nothing is stored.
  let row_tile = min(row_block * (LANES / 2u) + lane / 2u, params.row_tiles - 1u);
  let start = starts(matrix);
  var at_a = start.x + row_tile * params.inner * 2u + lane % 2u;
  var at_b = start.y + min(column_tile, params.column_tiles - 1u) * params.inner * 2u;
  var rows0 = no_sums();
  var rows1 = no_sums();
  var rows2 = no_sums();
  var rows3 = no_sums();
  var rows4 = no_sums();
  var rows5 = no_sums();
  var rows6 = no_sums();
  var rows7 = no_sums();
  for (var k = 0u; k < params.inner; k++) {
    let x = packed_a[at_a];
    let y = packed_b[at_b];
    let y_rest = packed_b[at_b + 1u];
    rows0 = multiply_add(rows0, subgroupBroadcast(x, 0u), y, y_rest);
    rows1 = multiply_add(rows1, subgroupBroadcast(x, 1u), y, y_rest);
    rows2 = multiply_add(rows2, subgroupBroadcast(x, 2u), y, y_rest);
    rows3 = multiply_add(rows3, subgroupBroadcast(x, 3u), y, y_rest);
    if (LANES == 8u) {
      rows4 = multiply_add(rows4, subgroupBroadcast(x, 4u), y, y_rest);
      rows5 = multiply_add(rows5, subgroupBroadcast(x, 5u), y, y_rest);
      rows6 = multiply_add(rows6, subgroupBroadcast(x, 6u), y, y_rest);
      rows7 = multiply_add(rows7, subgroupBroadcast(x, 7u), y, y_rest);
    }
    at_a += 2u;
    at_b += 2u;
  }
  let column = column_tile * 8u;
  var bias_near = vec4f(0.0);
  var bias_far = vec4f(0.0);
  if (params.has_bias != 0u) {
    bias_near = vec4f(bias[column], bias[column + 1u], bias[column + 2u], bias[column + 3u]);
    bias_far = vec4f(bias[column + 4u], bias[column + 5u], bias[column + 6u], bias[column + 7u]);
  }
  let first_row = row_block * LANES * 4u;
  let rows = min(LANES * 4u, params.rows - first_row);
  // Loops that no compiler can unroll: written out, these stores take lavapipe four times as long to compile as all the rest.
  for (var i = 0u; i < rows; i += 4u) {
    let end = min(i + 4u, rows);
    for (var j = i; j < end; j++) {
      let at = (matrix * params.rows + first_row + j) * params.columns + column;
      store_four(at, column, activated(rows0.a0 + bias_near));
      store_four(at + 4u, column + 4u, activated(rows0.b0 + bias_far));
      rows0 = moved_up(rows0);
    }
    rows0 = rows1;
    rows1 = rows2;
    rows2 = rows3;
    rows3 = rows4;
    rows4 = rows5;
    rows5 = rows6;
    rows6 = rows7;
  }
}
