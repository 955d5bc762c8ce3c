// Means over windows that divide [height, width] of each plane into [out_height, out_width], as evenly as whole cells allow,
// and the gradient. Window i of m over n cells holds those from floor(i n / m) up to, not including, ceil((i + 1) n / m).
//
// Tiling: forward, one invocation computes a run of neighbouring outputs of a row; backward, one invocation gathers the gradients
// of a run of inputs from the windows that hold them, so nothing is added twice at once.
// Cost: a window's cells read an output; backward, about max(1, m / n) + 1 windows an input and axis.

struct Params {
  height: u32,      // of the input
  width: u32,
  out_height: u32,
  out_width: u32,
  run: u32,
  row_runs: u32,    // runs of a row; the last may be shorter
  runs: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// From .x up to, not including, .y: the cells of window i, if `cells` are divided into `windows`. Swapped, it gives the windows
// that hold cell i: floor(i n / m) <= c < ceil((i + 1) n / m) says the same of i as floor(c m / n) <= i < ceil((c + 1) m / n).
fn range(i: u32, cells: u32, windows: u32) -> vec2u {
  return vec2u(i * cells / windows, ((i + 1u) * cells + windows - 1u) / windows);
}

// Cells of window i.
fn extent(i: u32, cells: u32, windows: u32) -> f32 {
  let from_to = range(i, cells, windows);
  return f32(from_to.y - from_to.x);
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
  let line = index / params.row_runs;
  let start = index % params.row_runs * params.run;
  let end = min(start + params.run, params.out_width);
  let plane = line / params.out_height * params.height;
  let rows = range(line % params.out_height, params.height, params.out_height);
  for (var window = start; window < end; window++) {
    let columns = range(window, params.width, params.out_width);
    var sum = 0.0;
    for (var row = rows.x; row < rows.y; row++) {
      for (var column = columns.x; column < columns.y; column++) {
        sum += x[(plane + row) * params.width + column];
      }
    }
    out[line * params.out_width + window] = sum / f32((rows.y - rows.x) * (columns.y - columns.x));
  }
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
  let line = index / params.row_runs;
  let start = index % params.row_runs * params.run;
  let end = min(start + params.run, params.width);
  let plane = line / params.height * params.out_height;
  let rows = range(line % params.height, params.out_height, params.height);
  for (var cell = start; cell < end; cell++) {
    let columns = range(cell, params.out_width, params.width);
    var sum = 0.0;
    for (var row = rows.x; row < rows.y; row++) {
      let down = extent(row, params.height, params.out_height);
      for (var column = columns.x; column < columns.y; column++) {
        let across = extent(column, params.width, params.out_width);
        sum += gradient[(plane + row) * params.out_width + column] / (down * across);
      }
    }
    out[line * params.width + cell] = sum;
  }
}
