// out = x convolved with the filters, plus bias; or the gradient of that with respect to x (SWAPPED), where `x` holds the
// gradient of the output, and the roles of channels and filters are exchanged. Backwards, a place of out meets every
// stride-th place of the kernel only; places that meet the same ones form a phase, so that no product is with a zero between strides.
//
// Tiling: packLines.wgsl first lays the weights out in tiles of 8 filters, as [group][tile][channel][tap][8], and for the gradient
// as [group][channel][tile][tap][8]. An invocation keeps 8 places by 8 filters of out in registers: each tap takes 8 values of x
// and two vec4 of weights for 64 products. Places are counted through rows and images, so that a row's end costs nothing; and one
// loop runs through channels and taps, because on lavapipe every level of a loop costs a copy of all sums (three levels: a third
// slower).
// A workgroup is 8 invocations: 4 runs of places by 2 tiles of filters, or 8 runs where there is one tile.
// Where every group of out has one channel, onePlane.wgsl takes over.
// No workgroup memory, no barriers.
// Cost: 2 flops a place, filter and weight; x is loaded filters / 8 times the kernel's size, weights places / 8 times.

override SWAPPED: bool = false;
override HAS_BIAS: bool = false;
override RELU: bool = false;
// Some taps lie outside x.
override CHECKED: bool = true;

struct Params {
  groups: u32,
  source_channels: u32,   // of one group of x
  source_height: u32,
  source_width: u32,
  channels: u32,          // of one group of out
  height: u32,            // of out
  width: u32,
  kernel_height: u32,
  kernel_width: u32,
  padding_y: u32,
  padding_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  source_step_y: u32,     // in x, from one place of a phase to the next
  source_step_x: u32,
  tap_step_y: i32,        // in x, from one tap of a phase to the next
  tap_step_x: i32,
  kernel_step_y: u32,     // in the kernel, likewise
  kernel_step_x: u32,
  phases_y: u32,
  phases_x: u32,
  rows: u32,              // of a phase
  columns: u32,
  places: u32,            // of a phase, in all images
  runs: u32,              // of 8 places
  run_lanes: u32,         // invocations of a workgroup along the runs
  run_areas: u32,         // workgroups along the runs
  group_tiles: u32,       // tiles of 8 channels in a group of out
  tile_areas: u32,        // workgroups along the tiles
  tile_step: u32,         // in the packed weights, in vec4s, from one tile to the next
  channel_step: u32,      // and from one channel of x to the next
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> packed: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// One axis of a phase.
struct Axis {
  first: u32,    // its first place in the kernel
  count: u32,    // how many it has
  origin: i32,   // where place 0 of the phase meets the first one in x
}

fn axis_of(phase: u32, phases: u32, kernel: u32, step: u32, padding: u32, dilation: u32) -> Axis {
  if (!SWAPPED) {
    return Axis(0u, kernel, -i32(padding));
  }
  // Place y of out and place k of the kernel meet in x at (y + padding - k dilation) / stride, where that is whole.
  var first = kernel;
  for (var k = min(step, kernel); k > 0u; k--) {
    if ((phase + padding + (k - 1u) * (phases - dilation % phases)) % phases == 0u) {
      first = k - 1u;
    }
  }
  let origin = (i32(phase + padding) - i32(first * dilation)) / i32(phases);
  return Axis(first, (kernel - first + step - 1u) / step, origin);
}

// Four neighbouring places of a phase.
struct Places {
  image: vec4u,
  row: vec4u,
  column: vec4u,
}

fn places_at(first: u32) -> Places {
  let index = min(vec4u(first, first + 1u, first + 2u, first + 3u), vec4u(params.places - 1u));
  let line = index / params.columns;
  return Places(line / params.rows, line % params.rows, index % params.columns);
}

// What four places meet in x at a tap: `row` and `column` where they meet it, `start` that of their channel.
fn values(start: vec4i, row: vec4i, column: vec4i) -> vec4f {
  let at = start + row * i32(params.source_width) + column;
  if (CHECKED) {
    let inside = (row >= vec4i(0)) & (row < vec4i(i32(params.source_height))) &
      (column >= vec4i(0)) & (column < vec4i(i32(params.source_width)));
    let safe = select(vec4i(0), at, inside);
    return select(vec4f(0.0), vec4f(x[safe.x], x[safe.y], x[safe.z], x[safe.w]), inside);
  }
  return vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
}

// relu, if asked for. NaN is not below 0, and stays.
fn activated(values: vec4f) -> vec4f {
  if (RELU) {
    return select(values, vec4f(0.0), values <= vec4f(0.0));
  }
  return values;
}

fn store_four(at: u32, channel: u32, values: vec4f) {
  let plane = params.height * params.width;
  if (channel < params.channels) { out[at] = values.x; }
  if (channel + 1u < params.channels) { out[at + plane] = values.y; }
  if (channel + 2u < params.channels) { out[at + 2u * plane] = values.z; }
  if (channel + 3u < params.channels) { out[at + 3u * plane] = values.w; }
}

// Eight channels of one place of out.
fn store(place: u32, image: u32, row: u32, column: u32, g: u32, channel: u32, a: vec4f, b: vec4f) {
  if (place < params.places && row < params.height && column < params.width) {
    let plane = params.height * params.width;
    let at = ((image * params.groups + g) * params.channels + channel) * plane + row * params.width + column;
    store_four(at, channel, activated(a));
    store_four(at + 4u * plane, channel + 4u, activated(b));
  }
}

@compute @workgroup_size(8, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let tile = (area % params.tile_areas) * (8u / params.run_lanes) + lane / params.run_lanes;
  let run = ((area / params.tile_areas) % params.run_areas) * params.run_lanes + lane % params.run_lanes;
  let phase = area / (params.tile_areas * params.run_areas);
  if (tile >= params.groups * params.group_tiles || run >= params.runs || phase >= params.phases_y * params.phases_x) {
    return;
  }
  let g = tile / params.group_tiles;
  let phase_y = phase / params.phases_x;
  let phase_x = phase % params.phases_x;
  let axis_y = axis_of(phase_y, params.phases_y, params.kernel_height, params.kernel_step_y, params.padding_y, params.dilation_y);
  let axis_x = axis_of(phase_x, params.phases_x, params.kernel_width, params.kernel_step_x, params.padding_x, params.dilation_x);
  let near = places_at(run * 8u);
  let far = places_at(run * 8u + 4u);
  let near_row = vec4i(near.row * params.source_step_y) + axis_y.origin;
  let near_column = vec4i(near.column * params.source_step_x) + axis_x.origin;
  let far_row = vec4i(far.row * params.source_step_y) + axis_y.origin;
  let far_column = vec4i(far.column * params.source_step_x) + axis_x.origin;

  // Places 0 to 7, filters 0 to 3 (a) and 4 to 7 (b).
  var a0 = vec4f(0.0);
  var a1 = vec4f(0.0);
  var a2 = vec4f(0.0);
  var a3 = vec4f(0.0);
  var a4 = vec4f(0.0);
  var a5 = vec4f(0.0);
  var a6 = vec4f(0.0);
  var a7 = vec4f(0.0);
  var b0 = vec4f(0.0);
  var b1 = vec4f(0.0);
  var b2 = vec4f(0.0);
  var b3 = vec4f(0.0);
  var b4 = vec4f(0.0);
  var b5 = vec4f(0.0);
  var b6 = vec4f(0.0);
  var b7 = vec4f(0.0);
  let plane = params.source_height * params.source_width;
  let group_tiles = g * params.source_channels * params.group_tiles;
  let weights = group_tiles * params.kernel_height * params.kernel_width * 2u + tile % params.group_tiles * params.tile_step;
  let taps = params.source_channels * axis_y.count * axis_x.count;
  var origin = 0u;
  var ky = 0u;
  var kx = 0u;
  for (var tap = 0u; tap < taps; tap++) {
    let kernel_row = axis_y.first + ky * params.kernel_step_y;
    let at = weights + origin * params.channel_step + (kernel_row * params.kernel_width + axis_x.first + kx * params.kernel_step_x) * 2u;
    let w_a = packed[at];
    let w_b = packed[at + 1u];
    let row = i32(ky) * params.tap_step_y;
    let column = i32(kx) * params.tap_step_x;
    let near_start = vec4i(((near.image * params.groups + g) * params.source_channels + origin) * plane);
    let far_start = vec4i(((far.image * params.groups + g) * params.source_channels + origin) * plane);
    let p = values(near_start, near_row + row, near_column + column);
    let q = values(far_start, far_row + row, far_column + column);
    a0 += p.x * w_a;
    b0 += p.x * w_b;
    a1 += p.y * w_a;
    b1 += p.y * w_b;
    a2 += p.z * w_a;
    b2 += p.z * w_b;
    a3 += p.w * w_a;
    b3 += p.w * w_b;
    a4 += q.x * w_a;
    b4 += q.x * w_b;
    a5 += q.y * w_a;
    b5 += q.y * w_b;
    a6 += q.z * w_a;
    b6 += q.z * w_b;
    a7 += q.w * w_a;
    b7 += q.w * w_b;
    kx += 1u;
    let row_ends = kx == axis_x.count;
    kx = select(kx, 0u, row_ends);
    ky += select(0u, 1u, row_ends);
    let channel_ends = ky == axis_y.count;
    ky = select(ky, 0u, channel_ends);
    origin += select(0u, 1u, channel_ends);
  }

  let channel = (tile % params.group_tiles) * 8u;
  var bias_a = vec4f(0.0);
  var bias_b = vec4f(0.0);
  if (HAS_BIAS) {
    let first = g * params.channels + channel;
    bias_a = vec4f(bias[first], bias[first + 1u], bias[first + 2u], bias[first + 3u]);
    bias_b = vec4f(bias[first + 4u], bias[first + 5u], bias[first + 6u], bias[first + 7u]);
  }
  let place = run * 8u;
  let y = near.row * params.phases_y + phase_y;
  let column = near.column * params.phases_x + phase_x;
  store(place, near.image.x, y.x, column.x, g, channel, a0 + bias_a, b0 + bias_b);
  store(place + 1u, near.image.y, y.y, column.y, g, channel, a1 + bias_a, b1 + bias_b);
  store(place + 2u, near.image.z, y.z, column.z, g, channel, a2 + bias_a, b2 + bias_b);
  store(place + 3u, near.image.w, y.w, column.w, g, channel, a3 + bias_a, b3 + bias_b);
  let far_y = far.row * params.phases_y + phase_y;
  let far_x = far.column * params.phases_x + phase_x;
  store(place + 4u, far.image.x, far_y.x, far_x.x, g, channel, a4 + bias_a, b4 + bias_b);
  store(place + 5u, far.image.y, far_y.y, far_x.y, g, channel, a5 + bias_a, b5 + bias_b);
  store(place + 6u, far.image.z, far_y.z, far_x.z, g, channel, a6 + bias_a, b6 + bias_b);
  store(place + 7u, far.image.w, far_y.w, far_x.w, g, channel, a7 + bias_a, b7 + bias_b);
}
