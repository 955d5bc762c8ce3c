// out = a b: a is [rows, inner], b is [inner, columns], row-major.
//
// Changes: nothing yet: the definition, one element an invocation.
// Why: every faster kernel is held against this one. It reads two values for each multiply-add, and neighbouring invocations,
// which lie along x, read values of a that are a whole row apart: a GPU fetches a cache line for each of them.
// Tiling: 16 x 16 invocations; x runs down the rows.
// Cost: 2 rows columns inner flops; a is read columns times, b rows times.

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(16, 16, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let column = id.y;
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < params.inner; k++) {
    sum += a[row * params.inner + k] * b[k * params.columns + column];
  }
  out[row * params.columns + column] = sum;
}
