// out[row] = exp(x[row] - m) / s, with m the largest value of the row and s the sum of exp(x[row] - m): x is [rows, length].
//
// Changes: m and s are found in one pass: when m grows, s is scaled down (Milakov and Gimelshein, arXiv 1805.02867).
// Why: two passes over memory instead of three, which is what counts where a row does not stay in the cache: on GPUs, where
// thousands of rows share one. A CPU keeps its row in L1, and there the branch that all lanes must walk through takes what
// the pass saves: lavapipe gains a little, SwiftShader loses as much.
// Tiling: an invocation computes a row; 64 of them form a workgroup.
// Cost: x read twice, out written once; two exponentials a value.

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
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
  let start = row * params.length;
  let end = start + params.length;
  var m = x[start];
  var s = 1.0;
  for (var at = start + 1u; at < end; at++) {
    let value = x[at];
    if (value > m) {
      s = s * exp(m - value) + 1.0;
      m = value;
    } else {
      s += exp(value - m);
    }
  }
  for (var at = start; at < end; at++) {
    out[at] = exp(x[at] - m) / s;
  }
}
