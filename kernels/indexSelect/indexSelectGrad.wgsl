// out[o, r, i] = sum over k with index[k] = r of gradient[o, k, i]: each row gets the gradients of its copies.
//
// Tiling: no atomics, and a fixed order. The entries of index are sorted by the row that they name, those of one row in their
// order: `sort_block` sorts blocks of BLOCK, one invocation an entry; each `merge` puts two neighbouring runs of `width` together,
// where an entry's place is its own in its run and the number of those that go before it in the other one. `find` looks up where
// each row begins, and `main` adds up its entries, one invocation a run of neighbours in a row of out (or of vec4s where rows are
// whole vec4s). An index out of range lies behind the last row.
// Cost: count (BLOCK + 2 log2(count)^2) index reads at most; then 4 bytes an element of gradient and out, and 1 flop an element
// of gradient.

alias Item = f32; // tile

struct Params {
  inner: u32,     // items of a row
  run: u32,
  row_runs: u32,  // runs of a row of out; the last may be shorter
  runs: u32,
  count: u32,     // entries of index
  extent: u32,    // rows of out
  width: u32,     // merge: entries of a sorted run; the last may be shorter
}

@group(0) @binding(0) var<storage, read> gradient: array<Item>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;          // entries of index, sorted in runs
@group(0) @binding(3) var<storage, read_write> merged: array<u32>;
@group(0) @binding(4) var<storage, read_write> starts: array<u32>;   // where in order each row begins, and the last one ends
@group(0) @binding(5) var<storage, read_write> out: array<Item>;
@group(0) @binding(6) var<uniform> params: Params;

const BLOCK = 64u;

// The row that entry k names, or `extent` for one out of range.
fn row_of(k: u32) -> u32 {
  return min(index[k], params.extent);  // a negative one is a large u32
}

@compute @workgroup_size(64, 1, 1)
fn sort_block(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let k = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (k >= params.count) {
    return;
  }
  let row = row_of(k);
  let first = k / BLOCK * BLOCK;
  var place = first;
  for (var other = first; other < min(first + BLOCK, params.count); other++) {
    place += u32(row_of(other) < row || (row_of(other) == row && other < k));
  }
  merged[place] = k;
}

// The first place in order from `first` up to `end` whose entry names `row` or a later one.
fn first_from(row: u32, first: u32, end: u32) -> u32 {
  var low = first;
  var high = end;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (row_of(order[middle]) < row) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return low;
}

@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let place = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (place >= params.count) {
    return;
  }
  let k = order[place];
  let run = place / params.width;
  let is_left = run % 2u == 0u;
  let left = run / 2u * 2u * params.width;
  let middle = min(left + params.width, params.count);
  let end = min(middle + params.width, params.count);
  // Of equal rows those on the left come first.
  if (is_left) {
    merged[place + first_from(row_of(k), middle, end) - middle] = k;
  } else {
    merged[place - middle + first_from(row_of(k) + 1u, left, middle)] = k;
  }
}

// One invocation a row, and one for the end of the last.
@compute @workgroup_size(64, 1, 1)
fn find(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (row <= params.extent) {
    starts[row] = first_from(row, 0u, params.count);
  }
}

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
      sum += gradient[(plane + order[at]) * params.inner + i];
    }
    out[line * params.inner + i] = sum;
  }
}
