// out[o, k, i] = x[o, index[k], i] (torch.index_select): whole rows are copied, for any 32-bit dtype.
//
// Tiling: one invocation copies `run` items of a row, each ABREAST after the last: elements, or vec4s where rows are whole vec4s
// (Item = vec4u, and `inner` counts those).
// An index out of range reads nothing and gives a row of `missing`.
// Cost: 8 bytes an element.

alias Item = u32; // tile

override ABREAST: u32;

struct Params {
  inner: u32,          // items of a row
  run: u32,
  row_stretches: u32,  // of ABREAST runs, in a row; the last may be shorter
  stretches: u32,
  count: u32,          // entries of index
  extent: u32,         // rows that index may name
  missing: u32,        // bits of the value for an index out of range
}

@group(0) @binding(0) var<storage, read> x: array<Item>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<Item>;
@group(0) @binding(3) var<uniform> params: Params;

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
  let k = line % params.count;
  let o = line / params.count;
  let row = index[k];  // a negative one is a large u32
  let target_row = line * params.inner;
  let source_row = (o * params.extent + row) * params.inner;
  if (row < params.extent) {
    for (var i = first; i < end; i += ABREAST) {
      out[target_row + i] = x[source_row + i];
    }
  } else {
    for (var i = first; i < end; i += ABREAST) {
      out[target_row + i] = Item(params.missing);
    }
  }
}
