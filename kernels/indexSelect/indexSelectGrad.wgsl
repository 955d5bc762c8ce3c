// out[o, r, i] = sum over k with index[k] = r of gradient[o, k, i]: each row gets the gradients of its copies.
//
// Tiling: no atomics, and a fixed order. sortEntries.wgsl has sorted the entries of index by the row that they name; an invocation
// adds up the entries of one row, for a run of neighbours in a row of out (or of vec4s where rows are whole vec4s).
// Cost: 4 bytes an element of gradient and out, and 1 flop an element of gradient; an entry read for each run of its row.

alias Item = f32; // tile

struct Params {
  inner: u32,     // items of a row
  run: u32,
  row_runs: u32,  // runs of a row of out; the last may be shorter
  runs: u32,
  count: u32,     // entries of index
  extent: u32,    // rows of out
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
  let index_of_run = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index_of_run >= params.runs) {
    return;
  }
  let first = index_of_run % params.row_runs * params.run;
  let end = min(first + params.run, params.inner);
  let line = index_of_run / params.row_runs;
  let row = line % params.extent;
  let plane = line / params.extent * params.count;
  let row_start = starts[row];
  let row_end = starts[row + 1u];
  for (var i = first; i < end; i++) {
    var sum = Item(0);
    for (var at = row_start; at < row_end; at++) {
      sum += gradient[(plane + order[at].y) * params.inner + i];
    }
    out[line * params.inner + i] = sum;
  }
}
