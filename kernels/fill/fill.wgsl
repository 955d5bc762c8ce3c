// out[i] = value, for any 32-bit dtype: the value arrives as its bits.
//
// Tiling: one invocation writes `run` neighbouring vec4s; the tail of the last vec4 lies in the buffer's padding.
// Cost: 4 bytes written an element.

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  bits: u32,
}

@group(0) @binding(0) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane) * params.run;
  for (var index = first; index < min(first + params.run, params.vectors); index++) {
    out[index] = vec4u(params.bits);
  }
}
