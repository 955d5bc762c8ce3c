// out[o, r, i] = sum over k with index[k] = r of gradient[o, k, i]: each row gets the gradients of its copies.
//
// Tiling: two launches, no atomics, and a fixed order. `chain` links the entries that name one row: links[r] is the
// first entry that names row r, links[extent + k] the next one after k that names the same row, `count` ends a chain.
// `main` has one invocation an element of out (or a vec4 where rows are whole vec4s); it walks the chain of its row.
// An index out of range is on no chain.
// Cost: (extent + count) * count / 2 index reads at most for the chains; then 4 bytes an element of gradient and out,
// and 1 flop an element of gradient.

alias Item = f32; // tile

struct Params {
  size: u32,    // items of out
  inner: u32,   // items of a row
  count: u32,   // entries of index
  extent: u32,  // rows of out
}

@group(0) @binding(0) var<storage, read> gradient: array<Item>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> links: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<Item>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn chain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let link = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (link >= params.extent + params.count) {
    return;
  }
  var row = link;
  var k = 0u;
  if (link >= params.extent) {
    row = index[link - params.extent];
    k = link - params.extent + 1u;
  }
  while (k < params.count) {
    if (index[k] == row) {
      break;
    }
    k++;
  }
  links[link] = k;
}

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
  let row = line % params.extent;
  let o = line / params.extent;
  var sum = Item(0);
  for (var k = links[row]; k < params.count; k = links[params.extent + k]) {
    sum += gradient[(o * params.count + k) * params.inner + i];
  }
  out[item] = sum;
}
