// Means over windows that divide [height, width] of each plane into [out_height, out_width], as evenly as whole cells allow,
// and the gradient. Window i of m over n cells holds those from floor(i n / m) up to, not including, ceil((i + 1) n / m).
//
// Tiling: forward, one invocation computes one output; backward, one invocation gathers one input's gradient from the
// windows that hold it, so nothing is added twice at once.
// Cost: a window's cells read an output; backward, about max(1, m / n) + 1 windows an input and axis.

struct Params {
  height: u32,      // of the input
  width: u32,
  out_height: u32,
  out_width: u32,
  size: u32,        // invocations
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

@compute @workgroup_size(64, 1, 1)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let line = index / params.out_width;
  let plane = line / params.out_height;
  let rows = range(line % params.out_height, params.height, params.out_height);
  let columns = range(index % params.out_width, params.width, params.out_width);
  var sum = 0.0;
  for (var row = rows.x; row < rows.y; row++) {
    let start = (plane * params.height + row) * params.width;
    for (var column = columns.x; column < columns.y; column++) {
      sum += x[start + column];
    }
  }
  out[index] = sum / f32((rows.y - rows.x) * (columns.y - columns.x));
}

@compute @workgroup_size(64, 1, 1)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let line = index / params.width;
  let plane = line / params.height;
  let rows = range(line % params.height, params.out_height, params.height);
  let columns = range(index % params.width, params.out_width, params.width);
  var sum = 0.0;
  for (var row = rows.x; row < rows.y; row++) {
    let start = (plane * params.out_height + row) * params.out_width;
    let down = range(row, params.height, params.out_height);
    for (var column = columns.x; column < columns.y; column++) {
      let across = range(column, params.width, params.out_width);
      sum += gradient[start + column] / f32((down.y - down.x) * (across.y - across.x));
    }
  }
  out[index] = sum;
}
