// destination = source, in place, for any 32-bit dtype.
//
// Tiling: one invocation copies `run` vec4s, each ABREAST after the last; the tail of the last vec4 lies in the buffers' padding.
// Cost: 8 bytes moved an element.

override ABREAST: u32;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
}

@group(0) @binding(0) var<storage, read_write> destination: array<vec4u>;
@group(0) @binding(1) var<storage, read> source: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    destination[index] = source[index];
  }
}
