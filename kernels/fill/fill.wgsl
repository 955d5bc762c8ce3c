// out[i] = value, for any 32-bit dtype: the value arrives as its bits.
//
// Tiling: one invocation writes `run` vec4s, each ABREAST after the last; the tail of the last vec4 lies in the buffer's padding.
// Cost: 4 bytes written an element.

override ABREAST: u32;

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
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    out[index] = vec4u(params.bits);
  }
}
