// out[row] = the sum of x[row]: x is [rows, length], row-major.
//
// Changes: a workgroup sums a row: each invocation a part, and a tree in workgroup memory the parts.
// Why: neighbours read neighbours, and even a few rows give every core of a GPU something to do. CPU-backed adapters had enough to do already,
// and pay for seven barriers a row.
// Tiling: 64 invocations a row; invocation i takes the values i, i + 64, ...; then half of the sums are added to the other half, six times.
// Cost: one addition and 4 bytes read a value; six more additions and seven barriers a row.

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = (group.z * grid.y + group.y) * grid.x + group.x;
  let length = select(0u, params.length, row < params.rows); // barriers allow no early return
  var sum = 0.0;
  for (var i = lane; i < length; i += 64u) {
    sum += x[row * params.length + i];
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var width = 32u; width > 0u; width = width / 2u) {
    if (lane < width) {
      sums[lane] += sums[lane + width];
    }
    workgroupBarrier();
  }
  if (lane == 0u && row < params.rows) {
    out[row] = sums[0];
  }
}
