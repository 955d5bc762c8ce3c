// The gradient of a convolution with respect to its weights: for every filter f and weight (channel, ky, kx), the sum over
// images and output positions of gradient[f] times the value of x that the weight meets there.
//
// Tiling: packLines.wgsl first lays the gradient out as [image][tile of 8 filters][position][8]. An invocation of `main` keeps 8
// filters by 4 weights in registers, and walks the positions of its share of the images: two vec4 loads of the gradient and 4
// loads of x for 32 products. The other entry points read the gradient as it is. `main_3x3`, for 3 x 3 kernels with stride and
// dilation 1, keeps 4 filters by the 9 weights of a channel, and slides over each row: 4 values of the gradient and 3 of x for
// 36 products. `main_depthwise`, for groups of one channel and one filter, keeps 4 weights of a kernel row: where stride and
// dilation agree, their 4 values of x move on with the position, and one is loaded anew.
// The images are split into `splits` shares, whose results `merge` adds up in order. No atomics, no barriers.
// Cost: 2 flops a position, image, filter and weight.

override PADDED: bool = true;
// Depthwise: from position to position, x moves on by as much as from tap to tap.
override SLIDES: bool = false;

struct Params {
  batch: u32,
  groups: u32,
  channels: u32,       // of one group of x
  height: u32,
  width: u32,
  filters: u32,        // of one group
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
  filter_tiles: u32,   // of 8 filters in a group
  filter_quads: u32,   // of 4
  tap_tiles: u32,      // of 4 weights in a filter; depthwise: in a kernel row
  splits: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> packed: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> shares: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// One weight of a filter: where its values of x lie, seen from output position (0, 0).
struct Tap {
  plane: u32,  // start of its channel
  y: i32,
  x: i32,
}

fn tap_at(index: u32) -> Tap {
  let taps = params.kernel_height * params.kernel_width;
  let last = params.channels * taps - 1u;
  let tap = min(index, last);
  let y = i32((tap % taps) / params.kernel_width * params.dilation_y) - i32(params.padding_y);
  let column = i32(tap % params.kernel_width * params.dilation_x) - i32(params.padding_x);
  return Tap(tap / taps * params.height * params.width, y, column);
}

fn checked_value_at(tap: Tap, image: u32, y: i32, column: i32) -> f32 {
  let row = y + tap.y;
  let col = column + tap.x;
  // Not &&: SwiftShader takes 46 s for the branches of nine such chains in main_3x3, 0.1 s for this.
  let inside = (row >= 0) & (row < i32(params.height)) & (col >= 0) & (col < i32(params.width));
  return select(0.0, x[image + tap.plane + u32(select(0, row * i32(params.width) + col, inside))], inside);
}

fn value_at(tap: Tap, image: u32, y: i32, column: i32) -> f32 {
  if (PADDED) {
    return checked_value_at(tap, image, y, column);
  }
  return x[image + tap.plane + u32(y + tap.y) * params.width + u32(column + tap.x)];
}

fn store(split: u32, filter_index: u32, tap: u32, g: u32, values: vec4f) {
  let taps = params.channels * params.kernel_height * params.kernel_width;
  let all = params.groups * params.filters;
  for (var i = 0u; i < 4u; i++) {
    if (filter_index + i < params.filters && tap < taps) {
      shares[(split * all + g * params.filters + filter_index + i) * taps + tap] = values[i];
    }
  }
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let tap = index % params.tap_tiles * 4u;
  let tile = (index / params.tap_tiles) % params.filter_tiles;
  let g = (index / params.tap_tiles / params.filter_tiles) % params.groups;
  let split = index / params.tap_tiles / params.filter_tiles / params.groups;
  if (split >= params.splits) {
    return;
  }
  let t0 = tap_at(tap);
  let t1 = tap_at(tap + 1u);
  let t2 = tap_at(tap + 2u);
  let t3 = tap_at(tap + 3u);
  // Weights 0 to 3, filters 0 to 3 (a) and 4 to 7 (b).
  var a0 = vec4f(0.0);
  var a1 = vec4f(0.0);
  var a2 = vec4f(0.0);
  var a3 = vec4f(0.0);
  var b0 = vec4f(0.0);
  var b1 = vec4f(0.0);
  var b2 = vec4f(0.0);
  var b3 = vec4f(0.0);
  let positions = params.out_height * params.out_width;
  for (var n = split; n < params.batch; n += params.splits) {
    let image = (n * params.groups + g) * params.channels * params.height * params.width;
    var at = ((n * params.groups + g) * params.filter_tiles + tile) * positions * 2u;
    for (var oy = 0u; oy < params.out_height; oy++) {
      let y = i32(oy * params.stride_y);
      for (var ox = 0u; ox < params.out_width; ox++) {
        let g_a = packed[at];
        let g_b = packed[at + 1u];
        at += 2u;
        let column = i32(ox * params.stride_x);
        let x0 = value_at(t0, image, y, column);
        let x1 = value_at(t1, image, y, column);
        let x2 = value_at(t2, image, y, column);
        let x3 = value_at(t3, image, y, column);
        a0 += x0 * g_a;
        a1 += x1 * g_a;
        a2 += x2 * g_a;
        a3 += x3 * g_a;
        b0 += x0 * g_b;
        b1 += x1 * g_b;
        b2 += x2 * g_b;
        b3 += x3 * g_b;
      }
    }
  }
  let first = tile * 8u;
  store(split, first, tap, g, a0);
  store(split, first, tap + 1u, g, a1);
  store(split, first, tap + 2u, g, a2);
  store(split, first, tap + 3u, g, a3);
  store(split, first + 4u, tap, g, b0);
  store(split, first + 4u, tap + 1u, g, b1);
  store(split, first + 4u, tap + 2u, g, b2);
  store(split, first + 4u, tap + 3u, g, b3);
}

// The values of x that the three kernel rows meet at output row `oy` and padded column `column`.
fn three_rows(image: u32, oy: u32, column: u32) -> vec3f {
  let col = i32(column) - i32(params.padding_x);
  let row = i32(oy) - i32(params.padding_y);
  if (PADDED) {
    return vec3f(value_at(Tap(0u, 0, 0), image, row, col), value_at(Tap(0u, 1, 0), image, row, col), value_at(Tap(0u, 2, 0), image, row, col));
  }
  let at = image + oy * params.width + column;
  return vec3f(x[at], x[at + params.width], x[at + 2u * params.width]);
}

@compute @workgroup_size(64, 1, 1)
fn main_3x3(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let channel = index % params.channels;
  let quad = (index / params.channels) % params.filter_quads;
  let g = (index / params.channels / params.filter_quads) % params.groups;
  let split = index / params.channels / params.filter_quads / params.groups;
  if (split >= params.splits) {
    return;
  }
  // Kernel rows 0 to 2 (a, b, c), kernel columns 0 to 2; each for 4 filters.
  var a0 = vec4f(0.0);
  var a1 = vec4f(0.0);
  var a2 = vec4f(0.0);
  var b0 = vec4f(0.0);
  var b1 = vec4f(0.0);
  var b2 = vec4f(0.0);
  var c0 = vec4f(0.0);
  var c1 = vec4f(0.0);
  var c2 = vec4f(0.0);
  let positions = params.out_height * params.out_width;
  // Past the last filter, that one is read once more, and nothing is stored.
  let filters = min(quad * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(params.filters - 1u));
  for (var n = split; n < params.batch; n += params.splits) {
    let plane = (n * params.groups + g) * params.channels + channel;
    let image = plane * params.height * params.width;
    var at = ((n * params.groups + g) * params.filters + filters) * positions;
    for (var oy = 0u; oy < params.out_height; oy++) {
      var left = three_rows(image, oy, 0u);
      var middle = three_rows(image, oy, 1u);
      for (var ox = 0u; ox < params.out_width; ox++) {
        let right = three_rows(image, oy, ox + 2u);
        let upstream = vec4f(gradient[at.x], gradient[at.y], gradient[at.z], gradient[at.w]);
        at += 1u;
        a0 += left.x * upstream;
        a1 += middle.x * upstream;
        a2 += right.x * upstream;
        b0 += left.y * upstream;
        b1 += middle.y * upstream;
        b2 += right.y * upstream;
        c0 += left.z * upstream;
        c1 += middle.z * upstream;
        c2 += right.z * upstream;
        left = middle;
        middle = right;
      }
    }
  }
  let first = quad * 4u;
  let tap = channel * 9u;
  store(split, first, tap, g, a0);
  store(split, first, tap + 1u, g, a1);
  store(split, first, tap + 2u, g, a2);
  store(split, first, tap + 3u, g, b0);
  store(split, first, tap + 4u, g, b1);
  store(split, first, tap + 5u, g, b2);
  store(split, first, tap + 6u, g, c0);
  store(split, first, tap + 7u, g, c1);
  store(split, first, tap + 8u, g, c2);
}

@compute @workgroup_size(64, 1, 1)
fn main_depthwise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let kx = index % params.tap_tiles * 4u;
  let ky = (index / params.tap_tiles) % params.kernel_height;
  let g = (index / params.tap_tiles / params.kernel_height) % params.groups;
  let split = index / params.tap_tiles / params.kernel_height / params.groups;
  if (split >= params.splits) {
    return;
  }
  let tap_step = i32(params.dilation_x);
  let tap = Tap(0u, i32(ky * params.dilation_y) - i32(params.padding_y), i32(kx * params.dilation_x) - i32(params.padding_x));
  var sums = vec4f(0.0);
  for (var n = split; n < params.batch; n += params.splits) {
    let image = (n * params.groups + g) * params.height * params.width;
    let start = (n * params.groups + g) * params.out_height * params.out_width;
    for (var oy = 0u; oy < params.out_height; oy++) {
      let y = i32(oy * params.stride_y);
      var values = vec4f(0.0);
      if (SLIDES) {
        values.y = checked_value_at(tap, image, y, 0);
        values.z = checked_value_at(tap, image, y, tap_step);
        values.w = checked_value_at(tap, image, y, 2 * tap_step);
      }
      for (var ox = 0u; ox < params.out_width; ox++) {
        let column = i32(ox * params.stride_x);
        let last = checked_value_at(tap, image, y, column + 3 * tap_step);
        if (SLIDES) {
          values = vec4f(values.yzw, last);
        } else {
          values.x = checked_value_at(tap, image, y, column);
          values.y = checked_value_at(tap, image, y, column + tap_step);
          values.z = checked_value_at(tap, image, y, column + 2 * tap_step);
          values.w = last;
        }
        sums += gradient[start + oy * params.out_width + ox] * values;
      }
    }
  }
  let size = params.groups * params.kernel_height * params.kernel_width;
  for (var i = 0u; i < 4u; i++) {
    if (kx + i < params.kernel_width) {
      shares[split * size + (g * params.kernel_height + ky) * params.kernel_width + kx + i] = sums[i];
    }
  }
}

@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let size = params.groups * params.filters * params.channels * params.kernel_height * params.kernel_width;
  if (index < size) {
    var sum = 0.0;
    for (var split = 0u; split < params.splits; split++) {
      sum += shares[split * size + index];
    }
    out[index] = sum;
  }
}
