// The gradient of a convolution with respect to its weights, as `main` of gradWeight.wgsl, from the gradient that packLines.wgsl
// laid out, in subgroups of LANES invocations (4 or 8). Needs subgroups of that size, always.
//
// Tiling: an invocation keeps 4 LANES filters by 8 weights of each in registers; a workgroup, which is one subgroup, 8 LANES
// weights. For each position, an invocation loads the 8 values of x that its weights meet, and one vec4 of the gradient, which it
// hands to all the others: 32 LANES products. Why that pays on adapters that run on a CPU: see matmul/subgroups.wgsl. One loop
// runs through images, rows and columns, because there every level of a loop costs a copy of all sums.
// The images are split into `splits` shares, which `merge` of gradWeight.wgsl adds up. No workgroup memory, no barriers.
// Cost: 2 flops a position, image, filter and weight; x is loaded filters / (4 LANES) times the kernel's size.

enable subgroups;

override LANES: u32 = 8;
override PADDED: bool = true;

struct Params {
  batch: u32,
  groups: u32,
  channels: u32,        // of one group of x
  height: u32,
  width: u32,
  filters: u32,         // of one group
  out_height: u32,
  out_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride_y: u32,
  stride_x: u32,
  padding_y: u32,
  padding_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  filter_tiles: u32,    // of 8 filters in a group
  filter_blocks: u32,   // of 4 LANES filters in a group
  tap_blocks: u32,      // of 8 LANES weights in a filter
  splits: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> packed: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> shares: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// Four neighbouring weights of a filter: where their values of x lie, seen from output position (0, 0) of the group's first channel.
struct Taps {
  place: vec4i,
  row: vec4i,
  column: vec4i,
}

fn taps_at(first: u32) -> Taps {
  let taps = params.kernel_height * params.kernel_width;
  let index = min(vec4u(first, first + 1u, first + 2u, first + 3u), vec4u(params.channels * taps - 1u));
  let row = vec4i(index % taps / params.kernel_width * params.dilation_y) - i32(params.padding_y);
  let column = vec4i(index % params.kernel_width * params.dilation_x) - i32(params.padding_x);
  let plane = vec4i(index / taps * params.height * params.width);
  return Taps(plane + row * i32(params.width) + column, row, column);
}

// What four weights meet at position (row, column), which lies `position` after the start of x.
fn values(taps: Taps, position: i32, row: i32, column: i32) -> vec4f {
  let at = taps.place + position;
  if (PADDED) {
    let y = taps.row + row;
    let x_column = taps.column + column;
    let inside = (y >= vec4i(0)) & (y < vec4i(i32(params.height))) & (x_column >= vec4i(0)) & (x_column < vec4i(i32(params.width)));
    let safe = select(vec4i(0), at, inside);
    return select(vec4f(0.0), vec4f(x[safe.x], x[safe.y], x[safe.z], x[safe.w]), inside);
  }
  return vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
}

// Four filters: weights 0 to 3 (a) and 4 to 7 (b).
struct Filters {
  a0: vec4f,
  b0: vec4f,
  a1: vec4f,
  b1: vec4f,
  a2: vec4f,
  b2: vec4f,
  a3: vec4f,
  b3: vec4f,
}

// sums + the product of the gradients of 4 filters and 8 values of x.
fn multiply_add(sums: Filters, upstream: vec4f, near: vec4f, far: vec4f) -> Filters {
  return Filters(
    sums.a0 + upstream.x * near, sums.b0 + upstream.x * far,
    sums.a1 + upstream.y * near, sums.b1 + upstream.y * far,
    sums.a2 + upstream.z * near, sums.b2 + upstream.z * far,
    sums.a3 + upstream.w * near, sums.b3 + upstream.w * far
  );
}

// With the second filter first.
fn moved_up(filters: Filters) -> Filters {
  return Filters(filters.a1, filters.b1, filters.a2, filters.b2, filters.a3, filters.b3, filters.a0, filters.b0);
}

fn no_sums() -> Filters {
  let zero = vec4f(0.0);
  return Filters(zero, zero, zero, zero, zero, zero, zero, zero);
}

fn store_four(at: u32, tap: u32, taps: u32, values: vec4f) {
  if (tap < taps) { shares[at] = values.x; }
  if (tap + 1u < taps) { shares[at + 1u] = values.y; }
  if (tap + 2u < taps) { shares[at + 2u] = values.z; }
  if (tap + 3u < taps) { shares[at + 3u] = values.w; }
}

@compute @workgroup_size(LANES, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(subgroup_invocation_id) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let tap = ((area % params.tap_blocks) * LANES + lane) * 8u;
  let first_tile = (area / params.tap_blocks % params.filter_blocks) * (LANES / 2u);
  let g = area / params.tap_blocks / params.filter_blocks % params.groups;
  let split = area / params.tap_blocks / params.filter_blocks / params.groups;
  if (split >= params.splits) {
    return;
  }
  // A tile has 8 filters, so two lanes share one. Past the last tile they read it once more, and nothing is stored.
  let tile = min(first_tile + lane / 2u, params.filter_tiles - 1u);
  let near = taps_at(tap);
  let far = taps_at(tap + 4u);
  var filters0 = no_sums();
  var filters1 = no_sums();
  var filters2 = no_sums();
  var filters3 = no_sums();
  var filters4 = no_sums();
  var filters5 = no_sums();
  var filters6 = no_sums();
  var filters7 = no_sums();
  let image_size = params.channels * params.height * params.width;
  let positions = params.out_height * params.out_width;
  let images = (params.batch - split + params.splits - 1u) / params.splits;
  var image = split * params.groups + g;
  var oy = 0u;
  var ox = 0u;
  for (var turn = 0u; turn < images * positions; turn++) {
    let upstream = packed[((image * params.filter_tiles + tile) * positions + oy * params.out_width + ox) * 2u + lane % 2u];
    let row = oy * params.stride_y;
    let column = ox * params.stride_x;
    let position = i32(image * image_size + row * params.width + column);
    let p = values(near, position, i32(row), i32(column));
    let q = values(far, position, i32(row), i32(column));
    filters0 = multiply_add(filters0, subgroupBroadcast(upstream, 0u), p, q);
    filters1 = multiply_add(filters1, subgroupBroadcast(upstream, 1u), p, q);
    filters2 = multiply_add(filters2, subgroupBroadcast(upstream, 2u), p, q);
    filters3 = multiply_add(filters3, subgroupBroadcast(upstream, 3u), p, q);
    if (LANES == 8u) {
      filters4 = multiply_add(filters4, subgroupBroadcast(upstream, 4u), p, q);
      filters5 = multiply_add(filters5, subgroupBroadcast(upstream, 5u), p, q);
      filters6 = multiply_add(filters6, subgroupBroadcast(upstream, 6u), p, q);
      filters7 = multiply_add(filters7, subgroupBroadcast(upstream, 7u), p, q);
    }
    ox += 1u;
    let row_ends = ox == params.out_width;
    ox = select(ox, 0u, row_ends);
    oy += select(0u, 1u, row_ends);
    let image_ends = oy == params.out_height;
    oy = select(oy, 0u, image_ends);
    image += select(0u, params.splits * params.groups, image_ends);
  }
  let taps = params.channels * params.kernel_height * params.kernel_width;
  let first_filter = first_tile * 8u;
  let filters = min(LANES * 4u, params.filters - first_filter);
  // Loops that no compiler can unroll: written out, these stores take lavapipe four times as long to compile as all the rest.
  for (var i = 0u; i < filters; i += 4u) {
    let end = min(i + 4u, filters);
    for (var j = i; j < end; j++) {
      let at = ((split * params.groups + g) * params.filters + first_filter + j) * taps + tap;
      store_four(at, tap, taps, filters0.a0);
      store_four(at + 4u, tap + 4u, taps, filters0.b0);
      filters0 = moved_up(filters0);
    }
    filters0 = filters1;
    filters1 = filters2;
    filters2 = filters3;
    filters3 = filters4;
    filters4 = filters5;
    filters5 = filters6;
    filters6 = filters7;
  }
}
