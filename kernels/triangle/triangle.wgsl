// out = x below and on a diagonal (torch.tril) or, UPPER, above and on it (torch.triu); zero elsewhere.
//
// Tiling: one invocation moves four neighbours, which may lie in several rows.
// Cost: no arithmetic on values; 4 bytes read and 4 written an element.

override UPPER: bool;

alias Element = f32; // tile

struct Params {
  vectors: u32,
  rows: u32,
  columns: u32,
  diagonal: i32,  // column - row of the diagonal
}

@group(0) @binding(0) var<storage, read> x: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<Element>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.vectors) {
    return;
  }
  let places = 4u * index + vec4u(0u, 1u, 2u, 3u);
  let row = places / params.columns % params.rows;
  let above = vec4i(places % params.columns) - vec4i(row) - params.diagonal;
  let kept = select(above <= vec4i(0), above >= vec4i(0), vec4<bool>(UPPER));
  out[index] = select(vec4<Element>(Element(0)), x[index], kept);
}
