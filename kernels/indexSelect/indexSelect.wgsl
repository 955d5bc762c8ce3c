// out[o, k, i] = x[o, index[k], i] (torch.index_select): whole rows are copied, for any 32-bit dtype.
//
// Tiling: one invocation an element, or a vec4 where rows are whole vec4s (Item = vec4u, and `inner` counts those).
// An index out of range reads nothing and gives a row of `missing`.
// Cost: 8 bytes an element.

alias Item = u32; // tile

struct Params {
  size: u32,     // items of out
  inner: u32,    // items of a row
  count: u32,    // entries of index
  extent: u32,   // rows that index may name
  missing: u32,  // bits of the value for an index out of range
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
  let item = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (item >= params.size) {
    return;
  }
  let i = item % params.inner;
  let line = item / params.inner;
  let k = line % params.count;
  let o = line / params.count;
  let row = index[k];  // a negative one is a large u32
  if (row < params.extent) {
    out[item] = x[(o * params.extent + row) * params.inner + i];
  } else {
    out[item] = Item(params.missing);
  }
}
