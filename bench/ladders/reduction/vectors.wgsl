// out[row] = the sum of x[row]: x is [rows, length], row-major; rows are whole numbers of vec4s.
//
// Changes: one invocation a row again, with vec4 loads and four sums by turns.
// Why: what a CPU-backed adapter likes best: no barrier, nothing shared, each lane runs through memory in order, and four additions are
// under way at once. On GPUs it is better than the first step by the width of its loads, and still far from the tree.
// Tiling: an invocation sums a row; 64 of them form a workgroup.
// Cost: one addition and 4 bytes read a value.

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (row >= params.rows) {
    return;
  }
  let vectors = params.length / 4u;
  let end = (row + 1u) * vectors;
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  var c = vec4f(0.0);
  var d = vec4f(0.0);
  var at = row * vectors;
  for (; at + 3u < end; at += 4u) {
    a += x[at];
    b += x[at + 1u];
    c += x[at + 2u];
    d += x[at + 3u];
  }
  for (; at < end; at++) {
    a += x[at];
  }
  let four = (a + b) + (c + d);
  out[row] = (four.x + four.y) + (four.z + four.w);
}
