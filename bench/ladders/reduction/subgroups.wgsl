// out[row] = the sum of x[row]: x is [rows, length], row-major; rows are whole numbers of vec4s. Needs subgroups.
//
// Changes: subgroupAdd instead of the tree.
// Why: lanes of a subgroup add up their registers without workgroup memory; one barrier is left of seven. On GPUs that shortens the tail of each row,
// which matters where rows are short. On CPU-backed adapters a subgroup is one vector register, and its sum a few instructions.
// Tiling: 64 invocations a row; invocation i takes the vec4s i, i + 64, ...; subgroups are cut from the workgroup in order.
// Cost: one addition and 4 bytes read a value; one barrier a row.

enable subgroups;

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

// One a subgroup; the smallest has four lanes.
var<workgroup> sums: array<f32, 16>;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_size) lanes: u32
) {
  let row = (group.z * grid.y + group.y) * grid.x + group.x;
  let vectors = params.length / 4u;
  let end = select(0u, vectors, row < params.rows);
  var four = vec4f(0.0);
  for (var i = lane; i < end; i += 64u) {
    four += x[row * vectors + i];
  }
  let sum = subgroupAdd((four.x + four.y) + (four.z + four.w));
  if (lane % lanes == 0u) {
    sums[lane / lanes] = sum;
  }
  workgroupBarrier();
  if (lane == 0u && row < params.rows) {
    var total = 0.0;
    for (var first = 0u; first < 64u; first += lanes) {
      total += sums[first / lanes];
    }
    out[row] = total;
  }
}
