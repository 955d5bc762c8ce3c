// out = a b: a is [rows, inner], b is [inner, columns], row-major; b's rows are whole numbers of vec4s. Needs subgroups.
//
// Changes: the values of a are loaded once a subgroup, and handed round.
// Why: all invocations of a workgroup multiply the same four rows of a. Each lane loads one step of them, and the others get it from
// its registers: on GPUs a shuffle costs about as much as workgroup memory, and no barrier. On lavapipe a shuffle stays within one
// vector register, and saves the check and the address of each load: 1.4 times as fast. SwiftShader's shuffles cost more than that: half.
// Tiling: an invocation computes 4 x 4 elements; 128 of them, as many as the largest subgroup, cover 4 rows by 512 columns.
// Cost: 2 rows columns inner flops; a is read columns / (4 lanes) times, b rows / 4 times.

enable subgroups;

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

// Past the inner extent zero: what it is multiplied with adds nothing.
fn value(row: u32, k: u32) -> f32 {
  return select(0.0, a[min(row, params.rows - 1u) * params.inner + k], k < params.inner);
}

fn store(row: u32, column: u32, values: vec4f) {
  if (row < params.rows && column < params.columns) {
    out[(row * params.columns + column) / 4u] = values;
  }
}

@compute @workgroup_size(128, 1, 1)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) lanes: u32
) {
  let row = id.y * 4u;
  let column = id.x * 4u;
  let stride = params.columns / 4u;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var first = 0u; first < params.inner; first += lanes) {
    let x0 = value(row, first + lane);
    let x1 = value(row + 1u, first + lane);
    let x2 = value(row + 2u, first + lane);
    let x3 = value(row + 3u, first + lane);
    for (var i = 0u; i < lanes; i++) {
      let y = b[min(first + i, params.inner - 1u) * stride + min(id.x, stride - 1u)];
      s0 += subgroupShuffle(x0, i) * y;
      s1 += subgroupShuffle(x1, i) * y;
      s2 += subgroupShuffle(x2, i) * y;
      s3 += subgroupShuffle(x3, i) * y;
    }
  }
  store(row, column, s0);
  store(row + 1u, column, s1);
  store(row + 2u, column, s2);
  store(row + 3u, column, s3);
}
