// packed[m][tile][k][i] = source[m][line 8 tile + i][k]: the lines of a matrix (rows of A, columns of B, the weights of a filter)
// in tiles of 8, so that a product reads its operands front to back. Past the last line stand zeros. Strides undo a transposed
// storage.
//
// Tiling: an invocation copies 4 places k of one tile: 32 loads, 8 vec4 stores, one division of its index.
// Cost: 8 bytes an element.

struct Params {
  lines: u32,
  inner: u32,
  line_stride: u32,
  inner_stride: u32,
  matrix_stride: u32,
  tiles: u32,         // of a matrix
  quads: u32,         // runs of 4 places k in a tile
  items: u32,         // of all matrices
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn value(start: u32, line: u32) -> f32 {
  return select(0.0, source[start + min(line, params.lines - 1u) * params.line_stride], line < params.lines);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.items) {
    return;
  }
  let tile = index / params.quads;
  let k = (index % params.quads) * 4u;
  let line = (tile % params.tiles) * 8u;
  let start = (tile / params.tiles) * params.matrix_stride;
  let end = min(k + 4u, params.inner);
  for (var at = k; at < end; at++) {
    let origin = start + at * params.inner_stride;
    let to = (tile * params.inner + at) * 2u;
    packed[to] = vec4f(value(origin, line), value(origin, line + 1u), value(origin, line + 2u), value(origin, line + 3u));
    packed[to + 1u] = vec4f(value(origin, line + 4u), value(origin, line + 5u), value(origin, line + 6u), value(origin, line + 7u));
  }
}
