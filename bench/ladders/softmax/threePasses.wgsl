// out[row] = exp(x[row] - m) / s, with m the largest value of the row and s the sum of exp(x[row] - m): x is [rows, length].
//
// Changes: nothing yet: one invocation a row, which finds m, then s, then the results.
// Why: the definition, made safe for large values. It reads the row three times, and takes two exponentials a value. On a GPU neighbouring
// invocations read values that are a whole row apart.
// Tiling: an invocation computes a row; 64 of them form a workgroup.
// Cost: x read three times, out written once; two exponentials a value.

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
  for (var at = start + 1u; at < end; at++) {
    m = max(m, x[at]);
  }
  var s = 0.0;
  for (var at = start; at < end; at++) {
    s += exp(x[at] - m);
  }
  for (var at = start; at < end; at++) {
    out[at] = exp(x[at] - m) / s;
  }
}
