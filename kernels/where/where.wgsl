// out = condition ? a : b, element by element, all three broadcast: an axis of extent 1 is read with stride 0.
//
// Tiling: one invocation writes one element; any 32-bit dtype, moved as its bits.
// Cost: 16 bytes moved an element without broadcasting.

struct Params {
  shape: array<vec4u, 2>,  // of the output, adjacent axes merged
  strides_condition: array<vec4u, 2>,
  strides_a: array<vec4u, 2>,
  strides_b: array<vec4u, 2>,
  rank: u32,
  size: u32,               // elements of the output
}

@group(0) @binding(0) var<storage, read> condition: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  var rest = index;
  var at = vec3u(0u, 0u, 0u);
  for (var axis = params.rank; axis > 0u; axis--) {
    let word = (axis - 1u) / 4u;
    let part = (axis - 1u) % 4u;
    let extent = params.shape[word][part];
    let strides = vec3u(params.strides_condition[word][part], params.strides_a[word][part], params.strides_b[word][part]);
    at += (rest % extent) * strides;
    rest = rest / extent;
  }
  if (condition[at.x] != 0u) {
    out[index] = a[at.y];
  } else {
    out[index] = b[at.z];
  }
}
