// out = a b: a is [rows, inner], b is [inner, columns], row-major.
//
// Changes: x runs along the columns, so that neighbours read neighbours.
// Why: the invocations that execute together (a subgroup: 32 or so on a GPU, 4 or 8 in a CPU's vector registers) now read one
// value of a, which they share, and adjacent values of b, which come in one cache line. A GPU makes one access of them, which is
// called coalescing; CPU-backed adapters load lane by lane all the same, and gain nothing.
// Tiling: 16 x 16 invocations, one element each.
// Cost: 2 rows columns inner flops; two loads a multiply-add, as before.

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
  let row = id.y;
  let column = id.x;
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < params.inner; k++) {
    sum += a[row * params.inner + k] * b[k * params.columns + column];
  }
  out[row * params.columns + column] = sum;
}
