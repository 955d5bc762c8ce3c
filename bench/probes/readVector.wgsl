// Probe for the most bytes read a second: out[i] = the sum of 64 vec4 of x.
//
// Tiling: one invocation adds up 64 vec4, the grid's width apart, so that invocations read side by side, or neighbours.
// Cost: 1 flop and 4 bytes read an element of x.

struct Params {
  vectors: u32,
  spread: u32,  // from what one invocation reads first to what the next one does
  apart: u32,   // from one value of an invocation to the next
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.vectors) {
    var sum = vec4f(0.0);
    for (var i = 0u; i < 64u; i++) {
      sum += x[index * params.spread + i * params.apart];
    }
    out[index] = sum;
  }
}
