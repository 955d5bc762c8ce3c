// out[i] = start + i * step (torch.arange). int32 is exact; float32 counts exactly up to 2^24.
//
// Tiling: one invocation writes `run` vec4s, each ABREAST after the last; the tail of the last vec4 lies in the buffer's padding.
// Cost: 4 bytes written an element.

alias Element = f32; // tile

override ABREAST: u32;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  start: u32,    // bits of an Element
  step: u32,     // bits of an Element
}

@group(0) @binding(0) var<storage, read_write> out: array<vec4<Element>>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var vector = first; vector < min(first + ABREAST * params.run, params.vectors); vector += ABREAST) {
    let i = vec4<Element>(vec4u(vector * 4u) + vec4u(0u, 1u, 2u, 3u));
    out[vector] = vec4<Element>(bitcast<Element>(params.start)) + i * bitcast<Element>(params.step);
  }
}
