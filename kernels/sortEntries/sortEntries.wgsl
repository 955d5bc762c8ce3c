// The entries of each line of index, sorted by the place that they name, those of one place in their order: order[line, n] is the
// place and the number k of the n-th, and starts[line, p] where in order place p begins, counted through all lines. A place from
// `extent` on, or a negative one, lies behind all others. Lines run along the middle axis of index [lines / inner, count, inner].
//
// Tiling: a radix sort, four bits at a time from the lowest: no atomics, and a fixed order. `take` puts the entries of a line side
// by side. For each digit `count_digits` counts those of every value in each chunk of a line, `add_up` finds how many lie before
// them in the chunks before, and `move_entries` moves them, chunk by chunk, in their order; one invocation a chunk, so that they
// keep it. In the end `find` looks up where each place begins.
// Cost: 3 memory accesses an entry and digit, log2(count) a place.

struct Params {
  count: u32,   // entries of a line
  inner: u32,
  extent: u32,  // places
  chunks: u32,  // of a line
  shift: u32,   // bits below the digit
  size: u32,    // invocations that have something to do
}

struct Entry {
  place: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read> order: array<Entry>;
@group(0) @binding(2) var<storage, read_write> moved: array<Entry>;
@group(0) @binding(3) var<storage, read_write> digits: array<u32>;  // [lines, DIGITS, chunks]: how many; then how many lie in chunks before
@group(0) @binding(4) var<storage, read_write> totals: array<u32>;  // [lines, DIGITS]
@group(0) @binding(5) var<storage, read_write> starts: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

const DIGITS = 16u;
const CHUNK = 128u;

// One invocation an entry.
@compute @workgroup_size(64, 1, 1)
fn take(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let entry = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (entry < params.size) {
    let line = entry / params.count;
    let k = entry % params.count;
    let at = (line / params.inner * params.count + k) * params.inner + line % params.inner;
    moved[entry] = Entry(min(index[at], params.extent), k);  // a negative one is a large u32
  }
}

fn digit_of(place: u32) -> u32 {
  return (place >> params.shift) % DIGITS;
}

// One invocation a chunk.
@compute @workgroup_size(64, 1, 1)
fn count_digits(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let item = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (item >= params.size) {
    return;
  }
  let line = item / params.chunks;
  let chunk = item % params.chunks;
  let start = line * params.count;
  var counts = array<u32, DIGITS>();
  for (var k = chunk * CHUNK; k < min((chunk + 1u) * CHUNK, params.count); k++) {
    counts[digit_of(order[start + k].place)] += 1u;
  }
  for (var digit = 0u; digit < DIGITS; digit++) {
    digits[(line * DIGITS + digit) * params.chunks + chunk] = counts[digit];
  }
}

// One invocation a digit of a line.
@compute @workgroup_size(64, 1, 1)
fn add_up(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let item = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (item >= params.size) {
    return;
  }
  var before = 0u;
  for (var at = item * params.chunks; at < (item + 1u) * params.chunks; at++) {
    let here = digits[at];
    digits[at] = before;
    before += here;
  }
  totals[item] = before;
}

// One invocation a chunk.
@compute @workgroup_size(64, 1, 1)
fn move_entries(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let item = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (item >= params.size) {
    return;
  }
  let line = item / params.chunks;
  let chunk = item % params.chunks;
  let start = line * params.count;
  var next = array<u32, DIGITS>();
  var first = start;
  for (var digit = 0u; digit < DIGITS; digit++) {
    let row = line * DIGITS + digit;
    next[digit] = first + digits[row * params.chunks + chunk];
    first += totals[row];
  }
  for (var k = chunk * CHUNK; k < min((chunk + 1u) * CHUNK, params.count); k++) {
    let entry = order[start + k];
    let digit = digit_of(entry.place);
    moved[next[digit]] = entry;
    next[digit] += 1u;
  }
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
