// Probe for the most bytes a second: out[i] = x[i].
//
// Tiling: one invocation copies EACH vec4, a workgroup's width apart, so that neighbours stay neighbours in memory.
// Cost: 8 bytes moved an element.

struct Params {
  vectors: u32,
}

override EACH: u32 = 1u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u * EACH + lane;
  for (var i = 0u; i < EACH; i++) {
    let index = first + i * 64u;
    if (index < params.vectors) {
      out[index] = x[index];
    }
  }
}
