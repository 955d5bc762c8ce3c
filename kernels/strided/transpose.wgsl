// Copies a box in which rows lie side by side in x and columns lie side by side in out (two axes change places):
//   out[out_offset + batch + row * out_step + column] = x[x_offset + batch + column * x_step + row]
//
// Tiling: one invocation moves a block of 4 x 4 through registers: four vec4u read, four written. The 8 x 8 invocations
// of a workgroup cover 32 x 32 elements, so that reads and writes both fill 128 bytes in a row.
// Extents, strides and offsets count in vec4u; x_step and out_step are vec4u from one column, or row, to the next.
// Cost: no arithmetic on values; 4 bytes read and 4 written an element.

struct Params {
  shape: array<vec4u, 2>,  // of the other axes, the batch
  x_strides: array<vec4i, 2>,
  out_strides: array<vec4i, 2>,
  x_offset: i32,
  out_offset: i32,
  x_step: i32,
  out_step: i32,
  rows: u32,               // blocks of four
  columns: u32,
  rank: u32,
  batch: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let tile = (group.z * grid.y + group.y) * grid.x + group.x;
  let across = (params.columns + 7u) / 8u;
  let down = (params.rows + 7u) / 8u;
  let column = (tile % across) * 8u + lane % 8u;
  let row = (tile / across % down) * 8u + lane / 8u;
  var rest = tile / across / down;
  if (column >= params.columns || row >= params.rows || rest >= params.batch) {
    return;
  }
  var x_at = params.x_offset + i32(row) + i32(column) * 4 * params.x_step;
  var out_at = params.out_offset + i32(column) + i32(row) * 4 * params.out_step;
  for (var axis = i32(params.rank) - 1; axis >= 0; axis--) {
    let extent = params.shape[axis / 4][axis % 4];
    let position = i32(rest % extent);
    rest = rest / extent;
    x_at += position * params.x_strides[axis / 4][axis % 4];
    out_at += position * params.out_strides[axis / 4][axis % 4];
  }
  let a = x[x_at];
  let b = x[x_at + params.x_step];
  let c = x[x_at + 2 * params.x_step];
  let d = x[x_at + 3 * params.x_step];
  out[out_at] = vec4u(a.x, b.x, c.x, d.x);
  out[out_at + params.out_step] = vec4u(a.y, b.y, c.y, d.y);
  out[out_at + 2 * params.out_step] = vec4u(a.z, b.z, c.z, d.z);
  out[out_at + 3 * params.out_step] = vec4u(a.w, b.w, c.w, d.w);
}
