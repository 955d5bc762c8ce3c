// Pooling over windows of [planes, height, width], and the gradients: max (with the place of each maximum in its plane,
// y * width + x; the first of equal ones; NaN wins, by its bits) and mean.
//
// Tiling: forward, one invocation computes one output; backward, one invocation gathers one input's gradient from the
// windows that may hold it, so nothing is added twice at once. Where windows neither overlap nor leave gaps,
// `max_pool_scatter` takes one window an invocation instead, and writes all its cells.
// Cost: a window's cells read an output; backward, about kernel / stride windows an input and axis.

override COUNT_INCLUDE_PAD: bool = true;

struct Params {
  height: u32,      // of the input
  width: u32,
  out_height: u32,
  out_width: u32,
  kernel_y: i32,
  kernel_x: i32,
  stride_y: i32,
  stride_x: i32,
  padding_y: i32,
  padding_x: i32,
  dilation_y: i32,
  dilation_x: i32,
  size: u32,        // invocations
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> indices: array<i32>;
@group(0) @binding(5) var<uniform> params: Params;

fn is_nan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

// Plane, row and column of element `index` of an array of planes.
struct Place {
  plane: u32,
  y: i32,
  x: i32,
}

fn place_of(index: u32, height: u32, width: u32) -> Place {
  let row = index / width;
  return Place(row / height, i32(row % height), i32(index % width));
}

@compute @workgroup_size(64, 1, 1)
fn max_pool(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let place = place_of(index, params.out_height, params.out_width);
  let start = place.plane * params.height * params.width;
  let top = place.y * params.stride_y - params.padding_y;
  let left = place.x * params.stride_x - params.padding_x;
  var best = 0.0;
  var found = -1;
  for (var ky = 0; ky < params.kernel_y; ky++) {
    let row = top + ky * params.dilation_y;
    if (row < 0 || row >= i32(params.height)) {
      continue;
    }
    for (var kx = 0; kx < params.kernel_x; kx++) {
      let column = left + kx * params.dilation_x;
      if (column < 0 || column >= i32(params.width)) {
        continue;
      }
      let at = row * i32(params.width) + column;
      let value = x[start + u32(at)];
      if (found < 0 || value > best || (is_nan(value) && !is_nan(best))) {
        best = value;
        found = at;
      }
    }
  }
  out[index] = best;
  indices[index] = found;
}

// The windows on one axis that may hold cell `position`: from .x up to, not including, .y.
fn windows(position: i32, kernel: i32, stride: i32, padding: i32, dilation: i32, count: u32) -> vec2i {
  let reach = dilation * (kernel - 1) + 1;
  let first = (max(position + padding - reach + 1, 0) + stride - 1) / stride;
  return vec2i(first, min((position + padding) / stride + 1, i32(count)));
}

@compute @workgroup_size(64, 1, 1)
fn max_pool_grad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let place = place_of(index, params.height, params.width);
  let rows = windows(place.y, params.kernel_y, params.stride_y, params.padding_y, params.dilation_y, params.out_height);
  let columns = windows(place.x, params.kernel_x, params.stride_x, params.padding_x, params.dilation_x, params.out_width);
  let own = place.y * i32(params.width) + place.x;
  var sum = 0.0;
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = columns.x; ox < columns.y; ox++) {
      let at = (place.plane * params.out_height + u32(oy)) * params.out_width + u32(ox);
      if (places[at] == own) {
        sum += gradient[at];
      }
    }
  }
  out[index] = sum;
}

// Kernel = stride, no padding, no dilation: every cell belongs to one window, or to the rest that no window covers.
@compute @workgroup_size(64, 1, 1)
fn max_pool_scatter(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let rows = (i32(params.height) + params.stride_y - 1) / params.stride_y;
  let columns = (i32(params.width) + params.stride_x - 1) / params.stride_x;
  let window = place_of(index, u32(rows), u32(columns));
  var value = 0.0;
  var winner = -1;
  if (window.y < i32(params.out_height) && window.x < i32(params.out_width)) {
    let at = (window.plane * params.out_height + u32(window.y)) * params.out_width + u32(window.x);
    value = gradient[at];
    winner = places[at];
  }
  let start = window.plane * params.height * params.width;
  for (var ky = 0; ky < params.kernel_y; ky++) {
    let row = window.y * params.stride_y + ky;
    for (var kx = 0; kx < params.kernel_x; kx++) {
      let column = window.x * params.stride_x + kx;
      if (row < i32(params.height) && column < i32(params.width)) {
        let at = row * i32(params.width) + column;
        out[start + u32(at)] = select(0.0, value, at == winner);
      }
    }
  }
}

// Cells of the window that starts at `start` on one axis: those inside the input, or inside the padded input.
fn cells(start: i32, kernel: i32, padding: i32, extent: u32) -> i32 {
  if (COUNT_INCLUDE_PAD) {
    return min(start + kernel, i32(extent) + padding) - start;
  }
  return min(start + kernel, i32(extent)) - max(start, 0);
}

fn divisor(top: i32, left: i32) -> f32 {
  let rows = cells(top, params.kernel_y, params.padding_y, params.height);
  let columns = cells(left, params.kernel_x, params.padding_x, params.width);
  return f32(rows * columns);
}

@compute @workgroup_size(64, 1, 1)
fn avg_pool(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let place = place_of(index, params.out_height, params.out_width);
  let start = place.plane * params.height * params.width;
  let top = place.y * params.stride_y - params.padding_y;
  let left = place.x * params.stride_x - params.padding_x;
  var sum = 0.0;
  for (var row = max(top, 0); row < min(top + params.kernel_y, i32(params.height)); row++) {
    for (var column = max(left, 0); column < min(left + params.kernel_x, i32(params.width)); column++) {
      sum += x[start + u32(row) * params.width + u32(column)];
    }
  }
  out[index] = sum / divisor(top, left);
}

@compute @workgroup_size(64, 1, 1)
fn avg_pool_grad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let place = place_of(index, params.height, params.width);
  let rows = windows(place.y, params.kernel_y, params.stride_y, params.padding_y, 1, params.out_height);
  let columns = windows(place.x, params.kernel_x, params.stride_x, params.padding_x, 1, params.out_width);
  var sum = 0.0;
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = columns.x; ox < columns.y; ox++) {
      let at = (place.plane * params.out_height + u32(oy)) * params.out_width + u32(ox);
      sum += gradient[at] / divisor(oy * params.stride_y - params.padding_y, ox * params.stride_x - params.padding_x);
    }
  }
  out[index] = sum;
}
