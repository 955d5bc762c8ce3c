// Pooling over windows of [planes, height, width], and the gradients: max (with the place of each maximum in its plane,
// y * width + x; the first of equal ones; NaN wins, by its bits) and mean.
//
// Tiling: forward, one invocation computes `run` neighbouring outputs of a row; backward, one invocation gathers one input's
// gradient from the windows that may hold it, so nothing is added twice at once. Where windows neither overlap nor leave
// gaps, `max_pool_scatter` and `avg_pool_scatter` take `run` windows an invocation instead, and write all their cells.
// Cost: a window's cells read an output; backward, about kernel / stride windows an input and axis.

override KERNEL_Y: i32 = 2;
override KERNEL_X: i32 = 2;
// Some windows reach beyond the input.
override CHECKED: bool = true;
override COUNT_INCLUDE_PAD: bool = true;

struct Params {
  height: u32,      // of the input
  width: u32,
  out_height: u32,
  out_width: u32,
  stride_y: i32,
  stride_x: i32,
  padding_y: i32,
  padding_x: i32,
  dilation_y: i32,
  dilation_x: i32,
  size: u32,        // invocations
  run: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> indices: array<i32>;
@group(0) @binding(5) var<uniform> params: Params;

// Windows of four cells, the usual ones, are written out: a loop costs more than they do.
fn is_four() -> bool {
  return KERNEL_Y == 2 && KERNEL_X == 2;
}

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

// Neighbours in one row of an array of planes: columns from `first` up to, not including, `end`.
struct Run {
  plane: u32,
  y: i32,
  first: i32,
  end: i32,
}

fn run_of(index: u32, height: u32, width: u32) -> Run {
  let runs = (width + params.run - 1u) / params.run;
  let row = index / runs;
  let first = index % runs * params.run;
  return Run(row / height, i32(row % height), i32(first), i32(min(first + params.run, width)));
}

fn is_outside(row: i32, column: i32) -> bool {
  return row < 0 || row >= i32(params.height) || column < 0 || column >= i32(params.width);
}

// A value, and where in its plane it stands; -1 for none.
struct Cell {
  value: f32,
  at: i32,
}

fn cell(start: u32, row: i32, column: i32) -> Cell {
  let at = row * i32(params.width) + column;
  return Cell(x[start + u32(at)], at);
}

fn larger(a: Cell, b: Cell) -> Cell {
  let b_wins = a.at < 0 || b.value > a.value || (is_nan(b.value) && !is_nan(a.value));
  return Cell(select(a.value, b.value, b_wins), select(a.at, b.at, b_wins));
}

fn max_of_window(start: u32, top: i32, left: i32) -> Cell {
  if (is_four() && !CHECKED) {
    let bottom = top + params.dilation_y;
    let right = left + params.dilation_x;
    let upper = larger(cell(start, top, left), cell(start, top, right));
    return larger(upper, larger(cell(start, bottom, left), cell(start, bottom, right)));
  }
  var best = Cell(0.0, -1);
  for (var ky = 0; ky < KERNEL_Y; ky++) {
    for (var kx = 0; kx < KERNEL_X; kx++) {
      let row = top + ky * params.dilation_y;
      let column = left + kx * params.dilation_x;
      if (!CHECKED || !is_outside(row, column)) {
        best = larger(best, cell(start, row, column));
      }
    }
  }
  return best;
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
  let run = run_of(index, params.out_height, params.out_width);
  let start = run.plane * params.height * params.width;
  let outputs = (run.plane * params.out_height + u32(run.y)) * params.out_width;
  let top = run.y * params.stride_y - params.padding_y;
  for (var ox = run.first; ox < run.end; ox++) {
    let best = max_of_window(start, top, ox * params.stride_x - params.padding_x);
    out[outputs + u32(ox)] = best.value;
    indices[outputs + u32(ox)] = best.at;
  }
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
  let rows = windows(place.y, KERNEL_Y, params.stride_y, params.padding_y, params.dilation_y, params.out_height);
  let columns = windows(place.x, KERNEL_X, params.stride_x, params.padding_x, params.dilation_x, params.out_width);
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

// The next two: kernel = stride, no padding, no dilation. Every cell belongs to one window, or to the rest that no window
// covers, which is made of windows as well.
fn run_of_windows(index: u32) -> Run {
  let rows = (i32(params.height) + params.stride_y - 1) / params.stride_y;
  let columns = (i32(params.width) + params.stride_x - 1) / params.stride_x;
  return run_of(index, u32(rows), u32(columns));
}

fn is_output(oy: i32, ox: i32) -> bool {
  return oy < i32(params.out_height) && ox < i32(params.out_width);
}

const EVERYWHERE = -2;

// Writes `value` to one cell of a window, or everywhere, and 0 to the others.
fn write_window(plane: u32, top: i32, left: i32, value: f32, winner: i32) {
  let start = plane * params.height * params.width;
  if (is_four()) {
    write_cell(start, top, left, value, winner);
    write_cell(start, top, left + 1, value, winner);
    write_cell(start, top + 1, left, value, winner);
    write_cell(start, top + 1, left + 1, value, winner);
    return;
  }
  for (var ky = 0; ky < KERNEL_Y; ky++) {
    for (var kx = 0; kx < KERNEL_X; kx++) {
      write_cell(start, top + ky, left + kx, value, winner);
    }
  }
}

fn write_cell(start: u32, row: i32, column: i32, value: f32, winner: i32) {
  if (!CHECKED || (row < i32(params.height) && column < i32(params.width))) {
    let at = row * i32(params.width) + column;
    out[start + u32(at)] = select(0.0, value, winner == EVERYWHERE || at == winner);
  }
}

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
  let run = run_of_windows(index);
  let outputs = (run.plane * params.out_height + u32(run.y)) * params.out_width;
  for (var ox = run.first; ox < run.end; ox++) {
    var value = 0.0;
    var winner = -1;
    if (is_output(run.y, ox)) {
      value = gradient[outputs + u32(ox)];
      winner = places[outputs + u32(ox)];
    }
    write_window(run.plane, run.y * params.stride_y, ox * params.stride_x, value, winner);
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
  let rows = cells(top, KERNEL_Y, params.padding_y, params.height);
  let columns = cells(left, KERNEL_X, params.padding_x, params.width);
  return f32(rows * columns);
}

fn sum_of_window(start: u32, top: i32, left: i32) -> f32 {
  if (is_four() && !CHECKED) {
    let upper = cell(start, top, left).value + cell(start, top, left + 1).value;
    return upper + cell(start, top + 1, left).value + cell(start, top + 1, left + 1).value;
  }
  var sum = 0.0;
  for (var ky = 0; ky < KERNEL_Y; ky++) {
    for (var kx = 0; kx < KERNEL_X; kx++) {
      if (!CHECKED || !is_outside(top + ky, left + kx)) {
        sum += cell(start, top + ky, left + kx).value;
      }
    }
  }
  return sum;
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
  let run = run_of(index, params.out_height, params.out_width);
  let start = run.plane * params.height * params.width;
  let outputs = (run.plane * params.out_height + u32(run.y)) * params.out_width;
  let top = run.y * params.stride_y - params.padding_y;
  for (var ox = run.first; ox < run.end; ox++) {
    let left = ox * params.stride_x - params.padding_x;
    out[outputs + u32(ox)] = sum_of_window(start, top, left) / divisor(top, left);
  }
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
  let rows = windows(place.y, KERNEL_Y, params.stride_y, params.padding_y, 1, params.out_height);
  let columns = windows(place.x, KERNEL_X, params.stride_x, params.padding_x, 1, params.out_width);
  var sum = 0.0;
  for (var oy = rows.x; oy < rows.y; oy++) {
    for (var ox = columns.x; ox < columns.y; ox++) {
      let at = (place.plane * params.out_height + u32(oy)) * params.out_width + u32(ox);
      sum += gradient[at] / divisor(oy * params.stride_y - params.padding_y, ox * params.stride_x - params.padding_x);
    }
  }
  out[index] = sum;
}

@compute @workgroup_size(64, 1, 1)
fn avg_pool_scatter(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let run = run_of_windows(index);
  let outputs = (run.plane * params.out_height + u32(run.y)) * params.out_width;
  let top = run.y * params.stride_y;
  for (var ox = run.first; ox < run.end; ox++) {
    let left = ox * params.stride_x;
    var value = 0.0;
    if (is_output(run.y, ox)) {
      value = gradient[outputs + u32(ox)] / divisor(top, left);
    }
    write_window(run.plane, top, left, value, EVERYWHERE);
  }
}
