// Planes of [height, width] at another size [out_height, out_width], between neighbouring cells (torch.nn.functional.interpolate,
// nearest and bilinear), and the gradient.
//
// Output position p of an axis looks at input position (slope p + shift) / divisor, not below 0: a fraction of whole numbers, so
// that whole positions are met exactly. See upsample2d/geometry.ts for the three numbers.
// Tiling: forward, one invocation computes a run of neighbours in a row of the output; backward, it gathers the gradients of a run
// of inputs from the outputs that look at them, so nothing is added twice at once. Neighbours are found by adding what one position
// is worth: a division costs more than all else here.
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

// Whole cells, and the rest in parts of `divisor`: where an output position looks, or how far neighbours are apart. Before the
// first cell, `cell` is -1.
struct Spot {
  cell: i32,
  rest: i32,
}

// shift > -divisor, so that the numerator is not below 0.
fn spot_of(position: i32, slope: i32, shift: i32, divisor: i32) -> Spot {
  let numerator = slope * position + shift + divisor;
  return Spot(numerator / divisor - 1, numerator % divisor);
}

fn spot_y(position: i32) -> Spot {
  return spot_of(position, params.slope_y, params.shift_y, params.divisor_y);
}

fn spot_x(position: i32) -> Spot {
  return spot_of(position, params.slope_x, params.shift_x, params.divisor_x);
}

fn hop(slope: i32, divisor: i32) -> Spot {
  return Spot(slope / divisor, slope % divisor);
}

fn moved(spot: Spot, by: Spot, divisor: i32) -> Spot {
  let rest = spot.rest + by.rest;
  let carry = select(0, 1, rest >= divisor);
  return Spot(spot.cell + by.cell + carry, rest - carry * divisor);
}

// The share of the cell behind; the rest is that of the cell itself.
fn share_of(spot: Spot, divisor: i32) -> f32 {
  return select(f32(spot.rest) / f32(divisor), 0.0, NEAREST || spot.cell < 0);
}

// Between two cells. One that is not seen at all adds nothing, not even if it is NaN.
fn blend(near: f32, far: f32, share: f32) -> f32 {
  return select(mix(near, far, share), near, share == 0.0);
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
  let row = spot_y(line % params.out_height);
  let share_y = share_of(row, params.divisor_y);
  let plane = line / params.out_height * params.height;
  let top = (plane + max(row.cell, 0)) * params.width;
  let bottom = (plane + min(max(row.cell, 0) + 1, params.height - 1)) * params.width;
  let hop_x = hop(params.slope_x, params.divisor_x);
  var spot = spot_x(start);
  for (var column = start; column < end; column++) {
    let left = max(spot.cell, 0);
    var value = x[top + left];
    if (!NEAREST) {
      let right = min(left + 1, params.width - 1);
      let share_x = share_of(spot, params.divisor_x);
      let above = blend(value, x[top + right], share_x);
      let below = blend(x[bottom + left], x[bottom + right], share_x);
      value = blend(above, below, share_y);
    }
    out[line * params.out_width + column] = value;
    spot = moved(spot, hop_x, params.divisor_x);
  }
}

// How much of cell `cell` is in the output position that looks at `spot`.
fn weight(spot: Spot, cell: i32, divisor: i32, extent: i32) -> f32 {
  if (NEAREST) {
    return 1.0;
  }
  let share = share_of(spot, divisor);
  let first = max(spot.cell, 0);
  return select(0.0, 1.0 - share, first == cell) + select(0.0, share, min(first + 1, extent - 1) == cell);
}

// The first output position that looks at `least` or beyond, in parts of `divisor`.
fn first_from(least: i32, slope: i32, shift: i32) -> i32 {
  return max((least - shift + slope - 1) / slope, 0);
}

// The output positions that look at `cell`: from .x up to, not including, .y. Between cells both are looked at; what lies before
// the first cell looks at that. With a slope of 0, all look at the first cell.
fn viewers(cell: i32, slope: i32, shift: i32, divisor: i32, count: i32) -> vec2i {
  if (slope == 0) {
    return vec2i(0, select(0, count, cell == 0));
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
  let first_row = spot_y(rows.x);
  let hop_y = hop(params.slope_y, params.divisor_y);
  let hop_x = hop(params.slope_x, params.divisor_x);
  for (var cell_x = start; cell_x < end; cell_x++) {
    let columns = viewers(cell_x, params.slope_x, params.shift_x, params.divisor_x, params.out_width);
    let first_column = spot_x(columns.x);
    var sum = 0.0;
    var spot_row = first_row;
    for (var row = rows.x; row < rows.y; row++) {
      var line_sum = 0.0;
      var spot = first_column;
      for (var column = columns.x; column < columns.y; column++) {
        line_sum += weight(spot, cell_x, params.divisor_x, params.width) * gradient[(plane + row) * params.out_width + column];
        spot = moved(spot, hop_x, params.divisor_x);
      }
      sum += weight(spot_row, cell_y, params.divisor_y, params.height) * line_sum;
      spot_row = moved(spot_row, hop_y, params.divisor_y);
    }
    out[line * params.width + cell_x] = sum;
  }
}
