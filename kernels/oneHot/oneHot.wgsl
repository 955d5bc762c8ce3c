// out[i, c] = 1 where c = index[i], else 0 (torch one_hot), for any 32-bit dtype: the 1 arrives as its bits.
//
// Tiling: one invocation writes one vec4; the tail of the last vec4, and what it reads, lie in the buffers' padding.
// An index out of range equals no c: its row is 0.
// Cost: 4 bytes written an element, 4 bytes read a row.

struct Params {
  size: u32,     // elements of out
  classes: u32,
  one: u32,      // bits of 1
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

fn value(element: u32) -> u32 {
  return select(0u, params.one, index[element / params.classes] == element % params.classes);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let vector = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let first = vector * 4u;
  if (first < params.size) {
    out[vector] = vec4u(value(first), value(first + 1u), value(first + 2u), value(first + 3u));
  }
}
