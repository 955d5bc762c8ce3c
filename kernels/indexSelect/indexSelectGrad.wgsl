// out[o, r, i] = sum over k with index[k] = r of gradient[o, k, i]: each row gets the gradients of its copies.
//
// Tiling: no atomics, and a fixed order. sortEntries.wgsl has sorted the entries of index by the row that they name; an invocation
// adds up the entries of one row, for `run` items of a row of out, each ABREAST after the last (vec4s where rows are whole vec4s).
// Cost: 4 bytes an element of gradient and out, and 1 flop an element of gradient; an entry read for each run of its row.

alias Item = f32; // tile

override ABREAST: u32;

struct Params {
  inner: u32,          // items of a row
  run: u32,
  row_stretches: u32,  // of ABREAST runs, in a row of out; the last may be shorter
  stretches: u32,
  count: u32,          // entries of index
  extent: u32,         // rows of out
}

@group(0) @binding(0) var<storage, read> gradient: array<Item>;
@group(0) @binding(1) var<storage, read> order: array<vec2u>;  // rows and entries of index, by their rows
@group(0) @binding(2) var<storage, read> starts: array<u32>;   // where in order each row begins, and the last one ends
@group(0) @binding(3) var<storage, read_write> out: array<Item>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let invocation = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let stretch = invocation / ABREAST;
  if (stretch >= params.stretches) {
    return;
  }
  let first = stretch % params.row_stretches * ABREAST * params.run + invocation % ABREAST;
  let end = min(first + ABREAST * params.run, params.inner);
  let line = stretch / params.row_stretches;
  let row = line % params.extent;
  let plane = line / params.extent * params.count;
  let row_start = starts[row];
  let row_end = starts[row + 1u];
  for (var i = first; i < end; i += ABREAST) {
    var sum = Item(0);
    for (var at = row_start; at < row_end; at++) {
      sum += gradient[(plane + order[at].y) * params.inner + i];
    }
    out[line * params.inner + i] = sum;
  }
}
