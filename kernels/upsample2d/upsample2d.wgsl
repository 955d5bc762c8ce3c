// Planes of [height, width] at another size [out_height, out_width], between neighbouring cells (torch.nn.functional.interpolate,
// nearest and bilinear), and the gradient.
//
// Output position p of an axis looks at input position (slope p + shift) / divisor, not below 0: a fraction of whole numbers, so
// that whole positions are met exactly. See upsample2d/geometry.ts for the three numbers.
// Tiling: forward, one invocation computes a run of neighbours in a row of the output; backward, it gathers the gradients of a run
// of inputs from the outputs that look at them, so nothing is added twice at once.
// Cost: bilinear 4 reads and 8 flops an output, nearest 1 read; backward, about (2 out / in)^2 outputs an input, or
// (out / in)^2 where NEAREST.

override NEAREST: bool;

struct Params {
  height: i32,      // of the input
  width: i32,
  out_height: i32,
  out_width: i32,
  slope_y: i32,
  slope_x: i32,
  shift_y: i32,
  shift_x: i32,
  divisor_y: i32,
  divisor_x: i32,
  run: u32,
  row_runs: u32,    // runs of a row; the last may be shorter
  runs: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// The cells that an output position looks at: `share` of the value at `second`, the rest of that at `first`.
struct Taps {
  first: i32,
  second: i32,
  share: f32,
}

fn taps(position: i32, slope: i32, shift: i32, divisor: i32, extent: i32) -> Taps {
  let numerator = max(slope * position + shift, 0);
  let first = numerator / divisor;
  let share = select(f32(numerator % divisor) / f32(divisor), 0.0, NEAREST);
  return Taps(first, min(first + 1, extent - 1), share);
}

fn taps_y(position: i32) -> Taps {
  return taps(position, params.slope_y, params.shift_y, params.divisor_y, params.height);
}

fn taps_x(position: i32) -> Taps {
  return taps(position, params.slope_x, params.shift_x, params.divisor_x, params.width);
}

@compute @workgroup_size(64, 1, 1)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.runs) {
    return;
  }
  let line = i32(index / params.row_runs);
  let start = i32(index % params.row_runs * params.run);
  let end = min(start + i32(params.run), params.out_width);
  let rows = taps_y(line % params.out_height);
  let plane = line / params.out_height * params.height;
  let top = (plane + rows.first) * params.width;
  let bottom = (plane + rows.second) * params.width;
  for (var column = start; column < end; column++) {
    let columns = taps_x(column);
    var value = x[top + columns.first];
    if (!NEAREST) {
      let above = mix(value, x[top + columns.second], columns.share);
      let below = mix(x[bottom + columns.first], x[bottom + columns.second], columns.share);
      value = mix(above, below, rows.share);
    }
    out[line * params.out_width + column] = value;
  }
}

// How much of cell `cell` is in an output position.
fn weight(tap: Taps, cell: i32) -> f32 {
  return select(0.0, 1.0 - tap.share, tap.first == cell) + select(0.0, tap.share, tap.second == cell);
}

// The first output position that looks at `least` or beyond, in parts of `divisor`.
fn first_from(least: i32, slope: i32, shift: i32) -> i32 {
  return max((least - shift + slope - 1) / slope, 0);
}

// The output positions that look at `cell`: from .x up to, not including, .y. Between cells both are looked at; what lies before
// the first cell looks at that.
fn viewers(cell: i32, slope: i32, shift: i32, divisor: i32, count: i32) -> vec2i {
  if (slope == 0) {
    return vec2i(0, count);
  }
  let least = select(divisor * (cell - 1) + 1, divisor * cell, NEAREST);
  return vec2i(first_from(least, slope, shift), min(first_from(divisor * (cell + 1), slope, shift), count));
}

@compute @workgroup_size(64, 1, 1)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.runs) {
    return;
  }
  let line = i32(index / params.row_runs);
  let start = i32(index % params.row_runs * params.run);
  let end = min(start + i32(params.run), params.width);
  let cell_y = line % params.height;
  let plane = line / params.height * params.out_height;
  let rows = viewers(cell_y, params.slope_y, params.shift_y, params.divisor_y, params.out_height);
  for (var cell_x = start; cell_x < end; cell_x++) {
    let columns = viewers(cell_x, params.slope_x, params.shift_x, params.divisor_x, params.out_width);
    var sum = 0.0;
    for (var row = rows.x; row < rows.y; row++) {
      let weight_y = weight(taps_y(row), cell_y);
      var line_sum = 0.0;
      for (var column = columns.x; column < columns.y; column++) {
        line_sum += weight(taps_x(column), cell_x) * gradient[(plane + row) * params.out_width + column];
      }
      sum += weight_y * line_sum;
    }
    out[line * params.width + cell_x] = sum;
  }
}
