// Probe for the most bytes a second: out[i] = x[i].
//
// Tiling: one invocation copies `run` vec4s, each ABREAST after the last, as adapters that run on a CPU like it. The run is a
// uniform, because they unroll a constant loop into far worse code.
// Cost: 8 bytes moved an element.

override ABREAST: u32;

struct Params {
  vectors: u32,
  run: u32,
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
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    out[index] = x[index];
  }
}
