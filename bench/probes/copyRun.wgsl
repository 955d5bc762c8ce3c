// Probe for the most bytes a second: out[i] = x[i].
//
// Tiling: one invocation copies `run` neighbouring vec4s, as adapters that run on a CPU like it. The run is a uniform, because
// they unroll a constant loop into far worse code.
// Cost: 8 bytes moved an element.

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
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane) * params.run;
  for (var index = first; index < min(first + params.run, params.vectors); index++) {
    out[index] = x[index];
  }
}
