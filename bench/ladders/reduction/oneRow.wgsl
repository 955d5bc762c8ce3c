// out[row] = the sum of x[row]: x is [rows, length], row-major.
//
// Changes: nothing yet: one invocation a row, one value after another.
// Why: nothing could be simpler, and where there are thousands of rows and the processor is a CPU nothing is very wrong with it. On a GPU
// neighbouring invocations read values that are a whole row apart, a cache line for each of them.
// Tiling: an invocation sums a row; 64 of them form a workgroup.
// Cost: one addition and 4 bytes read a value.

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
  var sum = 0.0;
  for (var i = 0u; i < params.length; i++) {
    sum += x[row * params.length + i];
  }
  out[row] = sum;
}
