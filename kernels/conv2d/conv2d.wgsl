// out = x convolved with the filters, plus bias; or the gradient of that with respect to x, where `x` holds the gradient of
// the output, and the roles of channels and filters are exchanged (SWAPPED). For stride 1 that is a convolution with the
// kernel turned round (FLIPPED); otherwise output and input places are matched by division (TRANSPOSED).
//
// Tiling: entry point `pack` first lays the weights out as [tile of 8 filters][channel][kernel row][kernel column][8]. An
// invocation of `main` then keeps 4 neighbouring columns of one output row, for 8 filters, in registers: each weight
// (two vec4 loads) serves 4 positions, each value of x 8 filters, and with SLIDE up to 3 kernel columns as well. The 64
// invocations of a workgroup share the filters. No workgroup memory, no barriers.
// Cost: 2 flops a position, filter and weight; x is loaded filters / 8 times the kernel's size, weights once a tile.

override SWAPPED: bool = false;
override FLIPPED: bool = false;
override TRANSPOSED: bool = false;
override HAS_BIAS: bool = false;
// Some source positions lie in the padding, or between the strides.
override CHECKED: bool = true;
// Kernel columns come in threes, one step apart.
override SLIDE: bool = false;

struct Params {
  batch: u32,
  groups: u32,
  source_channels: u32,   // of one group of x
  source_height: u32,
  source_width: u32,
  channels: u32,          // of one group of out
  height: u32,            // of out
  width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride_y: u32,
  stride_x: u32,
  padding_y: u32,
  padding_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  group_tiles: u32,       // tiles of 8 channels in a group of out
  column_tiles: u32,      // runs of 4 columns in a row of out
  spots: u32,             // runs of 4 columns in out's batch and rows
  spot_groups: u32,       // workgroups for them
  packed_size: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// The weight that joins channel `channel` of out with channel `origin` of x, both counted inside group `g`.
fn weight_at(g: u32, channel: u32, origin: u32, tap: u32) -> f32 {
  let taps = params.kernel_height * params.kernel_width;
  if (channel >= params.channels) {
    return 0.0;
  }
  let place = select(tap, taps - 1u - tap, FLIPPED);
  if (SWAPPED) {
    return weight[((g * params.source_channels + origin) * params.channels + channel) * taps + place];
  }
  return weight[((g * params.channels + channel) * params.source_channels + origin) * taps + place];
}

@compute @workgroup_size(64, 1, 1)
fn pack(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.packed_size) {
    return;
  }
  let taps = params.kernel_height * params.kernel_width;
  let tap = (index / 2u) % taps;
  let origin = (index / 2u / taps) % params.source_channels;
  let tile = index / 2u / taps / params.source_channels;
  let g = tile / params.group_tiles;
  let channel = (tile % params.group_tiles) * 8u + (index % 2u) * 4u;
  packed[index] = vec4f(
    weight_at(g, channel, origin, tap),
    weight_at(g, channel + 1u, origin, tap),
    weight_at(g, channel + 2u, origin, tap),
    weight_at(g, channel + 3u, origin, tap)
  );
}

// The place in x that output place `position` meets at kernel place `k`, or -1 where there is none.
fn source(position: u32, k: u32, stride: u32, padding: u32, dilation: u32, extent: u32) -> i32 {
  if (TRANSPOSED) {
    let at = i32(position + padding) - i32(k * dilation);
    let found = at >= 0 && at % i32(stride) == 0 && at / i32(stride) < i32(extent);
    return select(-1, at / i32(stride), found);
  }
  let at = i32(position * stride + k * dilation) - i32(padding);
  return select(-1, at, at >= 0 && at < i32(extent));
}

// The value of x at `column` of the row that starts at `start`. Past the last row, WebGPU reads something or zero: such
// columns lie past out's own width, and are not stored.
fn value_at(start: u32, column: u32, k: u32) -> f32 {
  if (CHECKED) {
    let at = source(column, k, params.stride_x, params.padding_x, params.dilation_x, params.source_width);
    return select(0.0, x[start + u32(max(at, 0))], at >= 0);
  }
  return x[start + column * params.stride_x + k * params.dilation_x];
}

fn store(place: u32, channel: u32, column: u32, values: vec4f) {
  if (column >= params.width) {
    return;
  }
  let plane = params.height * params.width;
  let at = place + column;
  if (channel < params.channels) { out[at] = values.x; }
  if (channel + 1u < params.channels) { out[at + plane] = values.y; }
  if (channel + 2u < params.channels) { out[at + 2u * plane] = values.z; }
  if (channel + 3u < params.channels) { out[at + 3u * plane] = values.w; }
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = (group.z * grid.y + group.y) * grid.x + group.x;
  let spot = (index % params.spot_groups) * 64u + lane;
  let tile = index / params.spot_groups;
  if (spot >= params.spots || tile >= params.groups * params.group_tiles) {
    return;
  }
  let column = (spot % params.column_tiles) * 4u;
  let row = (spot / params.column_tiles) % params.height;
  let image = spot / (params.column_tiles * params.height);
  let g = tile / params.group_tiles;

  // Columns 0 to 3, filters 0 to 3 (a) and 4 to 7 (b).
  var a0 = vec4f(0.0);
  var a1 = vec4f(0.0);
  var a2 = vec4f(0.0);
  var a3 = vec4f(0.0);
  var b0 = vec4f(0.0);
  var b1 = vec4f(0.0);
  var b2 = vec4f(0.0);
  var b3 = vec4f(0.0);
  var at = tile * params.source_channels * params.kernel_height * params.kernel_width * 2u;
  for (var origin = 0u; origin < params.source_channels; origin++) {
    let plane = ((image * params.groups + g) * params.source_channels + origin) * params.source_height;
    for (var ky = 0u; ky < params.kernel_height; ky++) {
      let y = source(row, ky, params.stride_y, params.padding_y, params.dilation_y, params.source_height);
      if (CHECKED && y < 0) {
        at += params.kernel_width * 2u;
        continue;
      }
      let start = (plane + u32(y)) * params.source_width;
      if (SLIDE) {
        for (var kx = 0u; kx < params.kernel_width; kx += 3u) {
          let x0 = value_at(start, column, kx);
          let x1 = value_at(start, column + 1u, kx);
          let x2 = value_at(start, column + 2u, kx);
          let x3 = value_at(start, column + 3u, kx);
          let x4 = value_at(start, column + 4u, kx);
          let x5 = value_at(start, column + 5u, kx);
          let w0_a = packed[at];
          let w0_b = packed[at + 1u];
          let w1_a = packed[at + 2u];
          let w1_b = packed[at + 3u];
          let w2_a = packed[at + 4u];
          let w2_b = packed[at + 5u];
          at += 6u;
          a0 += x0 * w0_a + x1 * w1_a + x2 * w2_a;
          a1 += x1 * w0_a + x2 * w1_a + x3 * w2_a;
          a2 += x2 * w0_a + x3 * w1_a + x4 * w2_a;
          a3 += x3 * w0_a + x4 * w1_a + x5 * w2_a;
          b0 += x0 * w0_b + x1 * w1_b + x2 * w2_b;
          b1 += x1 * w0_b + x2 * w1_b + x3 * w2_b;
          b2 += x2 * w0_b + x3 * w1_b + x4 * w2_b;
          b3 += x3 * w0_b + x4 * w1_b + x5 * w2_b;
        }
        continue;
      }
      for (var kx = 0u; kx < params.kernel_width; kx++) {
        let w_a = packed[at];
        let w_b = packed[at + 1u];
        at += 2u;
        let x0 = value_at(start, column, kx);
        let x1 = value_at(start, column + 1u, kx);
        let x2 = value_at(start, column + 2u, kx);
        let x3 = value_at(start, column + 3u, kx);
        a0 += x0 * w_a;
        a1 += x1 * w_a;
        a2 += x2 * w_a;
        a3 += x3 * w_a;
        b0 += x0 * w_b;
        b1 += x1 * w_b;
        b2 += x2 * w_b;
        b3 += x3 * w_b;
      }
    }
  }

  let channel = (tile % params.group_tiles) * 8u;
  var bias_a = vec4f(0.0);
  var bias_b = vec4f(0.0);
  if (HAS_BIAS) {
    let first = g * params.channels + channel;
    bias_a = vec4f(bias[first], bias[first + 1u], bias[first + 2u], bias[first + 3u]);
    bias_b = vec4f(bias[first + 4u], bias[first + 5u], bias[first + 6u], bias[first + 7u]);
  }
  let plane = params.height * params.width;
  let place = ((image * params.groups + g) * params.channels + channel) * plane + row * params.width;
  let place_b = place + 4u * plane;
  store(place, channel, column, a0 + bias_a);
  store(place, channel, column + 1u, a1 + bias_a);
  store(place, channel, column + 2u, a2 + bias_a);
  store(place, channel, column + 3u, a3 + bias_a);
  store(place_b, channel + 4u, column, b0 + bias_b);
  store(place_b, channel + 4u, column + 1u, b1 + bias_b);
  store(place_b, channel + 4u, column + 2u, b2 + bias_b);
  store(place_b, channel + 4u, column + 3u, b3 + bias_b);
}
