// Copies a box of elements from one strided layout into another, for any 32-bit dtype:
//   out[out_offset + sum of p[axis] * out_strides[axis]] = x[x_offset + sum of p[axis] * x_strides[axis]], p in shape
//
// Tiling: one invocation moves `run` Elements along the innermost axis, each ABREAST after the last; the first one's place is found
// once. An Element is a vec4u or vec2u of neighbours where both layouts allow it, with strides, offsets and the inner extent counted
// in such vectors. Source = u32 beside a vector repeats one value all over it.
// Cost: no arithmetic on values; 4 bytes read and 4 written an element.

alias Source = u32; // tile
alias Element = u32; // tile

override ABREAST: u32;

struct Params {
  shape: array<vec4u, 2>,        // of the box, without its innermost axis
  x_strides: array<vec4i, 2>,
  out_strides: array<vec4i, 2>,
  x_offset: i32,
  out_offset: i32,
  rank: u32,                     // of the axes above
  inner: u32,                    // extent of the innermost axis
  x_step: i32,                   // its strides
  out_step: i32,
  run: u32,
  row_stretches: u32,            // of ABREAST runs, in a row; the last may be shorter
  stretches: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Source>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let stretch = index / ABREAST;
  if (stretch >= params.stretches) {
    return;
  }
  let first = stretch % params.row_stretches * ABREAST * params.run + index % ABREAST;
  var rest = stretch / params.row_stretches;
  var x_at = params.x_offset + i32(first) * params.x_step;
  var out_at = params.out_offset + i32(first) * params.out_step;
  for (var axis = i32(params.rank) - 1; axis >= 0; axis--) {
    let extent = params.shape[axis / 4][axis % 4];
    let position = i32(rest % extent);
    rest = rest / extent;
    x_at += position * params.x_strides[axis / 4][axis % 4];
    out_at += position * params.out_strides[axis / 4][axis % 4];
  }
  for (var at = first; at < min(first + ABREAST * params.run, params.inner); at += ABREAST) {
    out[out_at] = Element(x[x_at]);
    x_at += i32(ABREAST) * params.x_step;
    out_at += i32(ABREAST) * params.out_step;
  }
}
