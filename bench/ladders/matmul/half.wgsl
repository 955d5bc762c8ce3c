// out = a b: a is [rows, inner], b is [inner, columns], row-major. Needs shader-f16.
//
// Changes: packed operands and products are f16; their sums are f32 after every step.
// Why: half the bytes, and on GPUs with packed f16 arithmetic twice the products a cycle. It costs digits: operands and products
// keep 11 bits. CPU-backed adapters have no f16 arithmetic and convert there and back: a loss.
// Tiling: `pack_a` and `pack_b` write [tile][inner][8], filled up with zeros; in `main` 8 x 8 invocations cover 64 x 64 elements.
// Cost: 2 rows columns inner flops; 4 loads of 8 bytes for 64 multiply-adds, and both operands read and written once more.

enable f16;

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed_a: array<vec4<f16>>;
@group(0) @binding(3) var<storage, read_write> packed_b: array<vec4<f16>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

fn value_a(row: u32, k: u32) -> f32 {
  return select(0.0, a[row * params.inner + k], row < params.rows);
}

fn value_b(k: u32, column: u32) -> f32 {
  return select(0.0, b[k * params.columns + column], column < params.columns);
}

@compute @workgroup_size(64, 1, 1)
fn pack_a(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 8u;
  let k = id.x;
  if (k < params.inner) {
    let at = (id.y * params.inner + k) * 2u;
    packed_a[at] = vec4<f16>(vec4f(value_a(row, k), value_a(row + 1u, k), value_a(row + 2u, k), value_a(row + 3u, k)));
    packed_a[at + 1u] = vec4<f16>(vec4f(value_a(row + 4u, k), value_a(row + 5u, k), value_a(row + 6u, k), value_a(row + 7u, k)));
  }
}

@compute @workgroup_size(64, 1, 1)
fn pack_b(@builtin(global_invocation_id) id: vec3u) {
  let column = id.y * 8u;
  let k = id.x;
  if (k < params.inner) {
    let at = (id.y * params.inner + k) * 2u;
    packed_b[at] = vec4<f16>(vec4f(value_b(k, column), value_b(k, column + 1u), value_b(k, column + 2u), value_b(k, column + 3u)));
    packed_b[at + 1u] = vec4<f16>(vec4f(value_b(k, column + 4u), value_b(k, column + 5u), value_b(k, column + 6u), value_b(k, column + 7u)));
  }
}

fn store_four(at: u32, column: u32, values: vec4f) {
  if (column < params.columns) { out[at] = values.x; }
  if (column + 1u < params.columns) { out[at + 1u] = values.y; }
  if (column + 2u < params.columns) { out[at + 2u] = values.z; }
  if (column + 3u < params.columns) { out[at + 3u] = values.w; }
}

fn store(row: u32, column: u32, left: vec4f, right: vec4f) {
  if (row < params.rows) {
    store_four(row * params.columns + column, column, left);
    store_four(row * params.columns + column + 4u, column + 4u, right);
  }
}

@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * 8u;
  let column = id.x * 8u;
  if (row >= params.rows || column >= params.columns) {
    return;
  }
  // Columns 0 to 3 on the left, 4 to 7 on the right.
  var l0 = vec4f(0.0);
  var l1 = vec4f(0.0);
  var l2 = vec4f(0.0);
  var l3 = vec4f(0.0);
  var l4 = vec4f(0.0);
  var l5 = vec4f(0.0);
  var l6 = vec4f(0.0);
  var l7 = vec4f(0.0);
  var r0 = vec4f(0.0);
  var r1 = vec4f(0.0);
  var r2 = vec4f(0.0);
  var r3 = vec4f(0.0);
  var r4 = vec4f(0.0);
  var r5 = vec4f(0.0);
  var r6 = vec4f(0.0);
  var r7 = vec4f(0.0);
  var at_a = id.y * params.inner * 2u;
  var at_b = id.x * params.inner * 2u;
  for (var k = 0u; k < params.inner; k++) {
    let upper = packed_a[at_a];
    let lower = packed_a[at_a + 1u];
    let left = packed_b[at_b];
    let right = packed_b[at_b + 1u];
    l0 += vec4f(upper.x * left);
    r0 += vec4f(upper.x * right);
    l1 += vec4f(upper.y * left);
    r1 += vec4f(upper.y * right);
    l2 += vec4f(upper.z * left);
    r2 += vec4f(upper.z * right);
    l3 += vec4f(upper.w * left);
    r3 += vec4f(upper.w * right);
    l4 += vec4f(lower.x * left);
    r4 += vec4f(lower.x * right);
    l5 += vec4f(lower.y * left);
    r5 += vec4f(lower.y * right);
    l6 += vec4f(lower.z * left);
    r6 += vec4f(lower.z * right);
    l7 += vec4f(lower.w * left);
    r7 += vec4f(lower.w * right);
    at_a += 2u;
    at_b += 2u;
  }
  store(row, column, l0, r0);
  store(row + 1u, column, l1, r1);
  store(row + 2u, column, l2, r2);
  store(row + 3u, column, l3, r3);
  store(row + 4u, column, l4, r4);
  store(row + 5u, column, l5, r5);
  store(row + 6u, column, l6, r6);
  store(row + 7u, column, l7, r7);
}
