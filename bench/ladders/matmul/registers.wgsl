// out = a b: a is [rows, inner], b is [inner, columns], row-major.
//
// Changes: no workgroup memory and no barriers: the 4 x 4 sums are fed straight from memory.
// Why: on CPU-backed adapters the L1 cache does what the tiles did, for nothing, and registers are the only fast memory there
// is. On GPUs it costs: half the loads of a plain kernel still go to the caches behind workgroup memory.
// Tiling: an invocation computes 4 x 4 elements; 8 x 8 invocations cover 32 x 32.
// Cost: 2 rows columns inner flops; 8 loads for 16 multiply-adds.

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn store(row: u32, column: u32, values: vec4f) {
  if (row < params.rows) {
    let at = row * params.columns + column;
    if (column < params.columns) { out[at] = values.x; }
    if (column + 1u < params.columns) { out[at + 1u] = values.y; }
    if (column + 2u < params.columns) { out[at + 2u] = values.z; }
    if (column + 3u < params.columns) { out[at + 3u] = values.w; }
  }
}

@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 4u;
  let column = id.x * 4u;
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  // Rows and columns past the last read the last once more; what comes of it is not stored.
  let rows = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(params.rows - 1u)) * params.inner;
  let columns = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(params.columns - 1u));
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var k = 0u; k < params.inner; k++) {
    let at = k * params.columns + columns;
    let y = vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
    s0 += a[rows.x + k] * y;
    s1 += a[rows.y + k] * y;
    s2 += a[rows.z + k] * y;
    s3 += a[rows.w + k] * y;
  }
  store(row, column, s0);
  store(row + 1u, column, s1);
  store(row + 2u, column, s2);
  store(row + 3u, column, s3);
}
