// The entries of each line of index, sorted by the place that they name, those of one place in their order: order[line, n] is the
// place and the number k of the n-th, and starts[line, p] where in order place p begins, counted through all lines. A place from `extent` on, or a negative one,
// lies behind all others. Lines run along the middle axis of index [lines / inner, count, inner].
//
// Tiling: no atomics, and a fixed order. `sort_block` sorts blocks of BLOCK, one invocation an entry. Each `merge` puts two
// neighbouring runs of `width` together, where an entry's place is its own in its run and the number of those that go before it in
// the other one. `find` looks up where each place begins.
// Cost: BLOCK + log2(count)^2 / 2 reads an entry at most, and log2(count) a place.

struct Params {
  count: u32,   // entries of a line
  inner: u32,
  extent: u32,  // places
  width: u32,   // merge: entries of a sorted run; the last may be shorter
  size: u32,    // entries, or for find: lines (extent + 1)
}

struct Entry {
  place: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<Entry>;         // sorted in runs
@group(0) @binding(2) var<storage, read_write> merged: array<Entry>;
@group(0) @binding(3) var<storage, read_write> starts: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

const BLOCK = 16u;

@compute @workgroup_size(64, 1, 1)
fn sort_block(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let entry = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (entry >= params.size) {
    return;
  }
  let line = entry / params.count;
  let k = entry % params.count;
  let at = line / params.inner * params.count * params.inner + line % params.inner;
  let own = min(index[at + k * params.inner], params.extent);  // a negative one is a large u32
  let first = k / BLOCK * BLOCK;
  var before = first;
  for (var other = first; other < min(first + BLOCK, params.count); other++) {
    let place = min(index[at + other * params.inner], params.extent);
    before += u32(place < own || (place == own && other < k));
  }
  merged[line * params.count + before] = Entry(own, k);
}

// The first of the entries of order from `first` up to `end` that names `place` or a later one.
fn first_from(place: u32, first: u32, end: u32) -> u32 {
  var low = first;
  var high = end;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (order[middle].place < place) {
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
  let at = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (at >= params.size) {
    return;
  }
  let start = at / params.count * params.count;
  let run = (at - start) / params.width;
  let is_left = run % 2u == 0u;
  let left = start + run / 2u * 2u * params.width;
  let middle = min(left + params.width, start + params.count);
  let end = min(middle + params.width, start + params.count);
  let place = order[at].place;
  // Of equal places those on the left come first.
  let other = first_from(select(place + 1u, place, is_left), select(left, middle, is_left), select(middle, end, is_left));
  merged[at + other - middle] = Entry(place, order[at].k);
}

// One invocation a place of a line, and one for the end of its last.
@compute @workgroup_size(64, 1, 1)
fn find(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let item = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (item < params.size) {
    let start = item / (params.extent + 1u) * params.count;
    starts[item] = first_from(item % (params.extent + 1u), start, start + params.count);
  }
}
