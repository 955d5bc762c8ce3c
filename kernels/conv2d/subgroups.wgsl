// out = x convolved with the filters, plus bias, or the gradient of that with respect to x (SWAPPED): as `main` of conv2d.wgsl,
// from the weights that packLines.wgsl laid out, in subgroups of LANES invocations (4 or 8). Needs subgroups of that size, always.
//
// Tiling: an invocation keeps 8 places by 4 LANES channels of out in registers, a workgroup, which is one subgroup, 8 LANES places.
// Each tap, an invocation loads 8 values of x, and one vec4 of weights, which it hands to all the others: 32 LANES products, where
// `main` has 64 for about as many loads. Why that pays on adapters that run on a CPU, and by how much: see matmul/subgroups.wgsl.
// No workgroup memory, no barriers. Broadcasts want all invocations to take the same way: none returns early.
// Cost: 2 flops a place, filter and weight; x is loaded filters / (4 LANES) times the kernel's size, weights places / (8 LANES) times.

enable subgroups;

override LANES: u32 = 8;
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
  run_areas: u32,         // workgroups along the places
  group_tiles: u32,       // tiles of 8 channels in a group of out
  group_blocks: u32,      // workgroups along them
  tile_step: u32,         // in the packed weights, in vec4s, from one tile to the next
  channel_step: u32,      // and from one channel of x to the next
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> packed: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// One axis of a phase, as in conv2d.wgsl.
struct Axis {
  first: u32,    // its first place in the kernel
  count: u32,    // how many it has
  origin: i32,   // where place 0 of the phase meets the first one in x
}

fn axis_of(phase: u32, phases: u32, kernel: u32, step: u32, padding: u32, dilation: u32) -> Axis {
  if (!SWAPPED) {
    return Axis(0u, kernel, -i32(padding));
  }
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
  start: vec4u,    // of the group's first channel in x, of their images
  row: vec4i,      // where they meet the phase's first tap in x
  column: vec4i,
  out: vec4u,      // where the group's first channel of out has them
  inside: vec4<bool>,
}

fn places_at(first: u32, g: u32, phase: vec2u, axis_y: Axis, axis_x: Axis) -> Places {
  let place = vec4u(first, first + 1u, first + 2u, first + 3u);
  let index = min(place, vec4u(params.places - 1u));
  let line = index / params.columns;
  let row = line % params.rows;
  let column = index % params.columns;
  let image = line / params.rows * params.groups + g;
  let out_row = row * params.phases_y + phase.y;
  let out_column = column * params.phases_x + phase.x;
  return Places(
    image * params.source_channels * params.source_height * params.source_width,
    vec4i(row * params.source_step_y) + axis_y.origin,
    vec4i(column * params.source_step_x) + axis_x.origin,
    (image * params.channels * params.height + out_row) * params.width + out_column,
    (place < vec4u(params.places)) & (out_row < vec4u(params.height)) & (out_column < vec4u(params.width))
  );
}

// What four places meet in x: a channel that starts `channel` after the group's first one, and a tap `row` and `column` after the first.
fn values(at: Places, channel: u32, row: i32, column: i32) -> vec4f {
  let y = at.row + row;
  let x_column = at.column + column;
  let place = vec4i(at.start + channel) + y * i32(params.source_width) + x_column;
  if (CHECKED) {
    let inside = (y >= vec4i(0)) & (y < vec4i(i32(params.source_height))) &
      (x_column >= vec4i(0)) & (x_column < vec4i(i32(params.source_width)));
    let safe = select(vec4i(0), place, inside);
    return select(vec4f(0.0), vec4f(x[safe.x], x[safe.y], x[safe.z], x[safe.w]), inside);
  }
  return vec4f(x[place.x], x[place.y], x[place.z], x[place.w]);
}

// Four channels of out: places 0 to 3 (a) and 4 to 7 (b).
struct Channels {
  a0: vec4f,
  b0: vec4f,
  a1: vec4f,
  b1: vec4f,
  a2: vec4f,
  b2: vec4f,
  a3: vec4f,
  b3: vec4f,
}

// sums + the product of 4 weights and 8 values of x.
fn multiply_add(sums: Channels, w: vec4f, near: vec4f, far: vec4f) -> Channels {
  return Channels(
    sums.a0 + w.x * near, sums.b0 + w.x * far,
    sums.a1 + w.y * near, sums.b1 + w.y * far,
    sums.a2 + w.z * near, sums.b2 + w.z * far,
    sums.a3 + w.w * near, sums.b3 + w.w * far
  );
}

// With the second channel first.
fn moved_up(channels: Channels) -> Channels {
  return Channels(channels.a1, channels.b1, channels.a2, channels.b2, channels.a3, channels.b3, channels.a0, channels.b0);
}

fn no_sums() -> Channels {
  let zero = vec4f(0.0);
  return Channels(zero, zero, zero, zero, zero, zero, zero, zero);
}

// relu, if asked for. NaN is not below 0, and stays.
fn activated(values: vec4f) -> vec4f {
  if (RELU) {
    return select(values, vec4f(0.0), values <= vec4f(0.0));
  }
  return values;
}

fn store_four(at: Places, channel: u32, values: vec4f) {
  let to = at.out + channel * params.height * params.width;
  if (at.inside.x) { out[to.x] = values.x; }
  if (at.inside.y) { out[to.y] = values.y; }
  if (at.inside.z) { out[to.z] = values.z; }
  if (at.inside.w) { out[to.w] = values.w; }
}

@compute @workgroup_size(LANES, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(subgroup_invocation_id) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let channel_blocks = params.groups * params.group_blocks;
  let channel_block = area % channel_blocks;
  let run = ((area / channel_blocks) % params.run_areas) * LANES + lane;
  let phase = area / (channel_blocks * params.run_areas);
  if (phase >= params.phases_y * params.phases_x) {
    return;
  }
  let g = channel_block / params.group_blocks;
  let first_tile = (channel_block % params.group_blocks) * (LANES / 2u);
  // A tile has 8 channels, so two lanes share one. Past the last tile they read it once more, and nothing is stored.
  let tile = min(first_tile + lane / 2u, params.group_tiles - 1u);
  let phase_at = vec2u(phase % params.phases_x, phase / params.phases_x);
  let axis_y = axis_of(phase_at.y, params.phases_y, params.kernel_height, params.kernel_step_y, params.padding_y, params.dilation_y);
  let axis_x = axis_of(phase_at.x, params.phases_x, params.kernel_width, params.kernel_step_x, params.padding_x, params.dilation_x);
  let near = places_at(run * 8u, g, phase_at, axis_y, axis_x);
  let far = places_at(run * 8u + 4u, g, phase_at, axis_y, axis_x);

  var channels0 = no_sums();
  var channels1 = no_sums();
  var channels2 = no_sums();
  var channels3 = no_sums();
  var channels4 = no_sums();
  var channels5 = no_sums();
  var channels6 = no_sums();
  var channels7 = no_sums();
  let plane = params.source_height * params.source_width;
  let group_tiles = g * params.source_channels * params.group_tiles;
  let weights = group_tiles * params.kernel_height * params.kernel_width * 2u + tile * params.tile_step + lane % 2u;
  let taps = params.source_channels * axis_y.count * axis_x.count;
  var origin = 0u;
  var ky = 0u;
  var kx = 0u;
  for (var tap = 0u; tap < taps; tap++) {
    let kernel_row = axis_y.first + ky * params.kernel_step_y;
    let at = origin * params.channel_step + (kernel_row * params.kernel_width + axis_x.first + kx * params.kernel_step_x) * 2u;
    let w = packed[weights + at];
    let p = values(near, origin * plane, i32(ky) * params.tap_step_y, i32(kx) * params.tap_step_x);
    let q = values(far, origin * plane, i32(ky) * params.tap_step_y, i32(kx) * params.tap_step_x);
    channels0 = multiply_add(channels0, subgroupBroadcast(w, 0u), p, q);
    channels1 = multiply_add(channels1, subgroupBroadcast(w, 1u), p, q);
    channels2 = multiply_add(channels2, subgroupBroadcast(w, 2u), p, q);
    channels3 = multiply_add(channels3, subgroupBroadcast(w, 3u), p, q);
    if (LANES == 8u) {
      channels4 = multiply_add(channels4, subgroupBroadcast(w, 4u), p, q);
      channels5 = multiply_add(channels5, subgroupBroadcast(w, 5u), p, q);
      channels6 = multiply_add(channels6, subgroupBroadcast(w, 6u), p, q);
      channels7 = multiply_add(channels7, subgroupBroadcast(w, 7u), p, q);
    }
    kx += 1u;
    let row_ends = kx == axis_x.count;
    kx = select(kx, 0u, row_ends);
    ky += select(0u, 1u, row_ends);
    let channel_ends = ky == axis_y.count;
    ky = select(ky, 0u, channel_ends);
    origin += select(0u, 1u, channel_ends);
  }

  let first_channel = first_tile * 8u;
  let channels = min(LANES * 4u, params.channels - first_channel);
  // Loops that no compiler can unroll: written out, these stores take lavapipe four times as long to compile as all the rest.
  for (var i = 0u; i < channels; i += 4u) {
    let end = min(i + 4u, channels);
    for (var j = i; j < end; j++) {
      let channel = first_channel + j;
      var added = 0.0;
      if (HAS_BIAS) {
        added = bias[g * params.channels + channel];
      }
      store_four(near, channel, activated(channels0.a0 + added));
      store_four(far, channel, activated(channels0.b0 + added));
      channels0 = moved_up(channels0);
    }
    channels0 = channels1;
    channels1 = channels2;
    channels2 = channels3;
    channels3 = channels4;
    channels4 = channels5;
    channels5 = channels6;
    channels6 = channels7;
  }
}
