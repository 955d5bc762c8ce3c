// Means over windows that divide [height, width] of each plane into [out_height, out_width], as evenly as whole cells allow,
// and the gradient. Window i of m over n cells holds those from floor(i n / m) up to, not including, ceil((i + 1) n / m).
//
// Tiling: forward, one invocation computes a run of neighbouring outputs of a row. Backward, `share` divides each gradient by the
// cells of its window; then one invocation gathers the shares of a run of inputs from the windows that hold them, so nothing is
// added twice at once. Along a row, one window follows the other without a division.
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
@group(0) @binding(3) var<storage, read_write> shares: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Neighbouring items of a row.
struct Run {
  line: u32,  // the row
  start: u32,
  end: u32,
}

// The run that an invocation takes of rows of `extent` items.
fn run_of(index: u32, extent: u32) -> Run {
  let start = index % params.row_runs * params.run;
  return Run(index / params.row_runs, start, min(start + params.run, extent));
}

// Where window i begins, if `cells` are divided into `windows`: i n / m as a whole number and a rest. With i = 1, how far it is to
// the next one. Swapped, the windows that hold cell i: floor(i n / m) <= c < ceil((i + 1) n / m) says the same of i as
// floor(c m / n) <= i < ceil((c + 1) m / n).
fn begin(i: u32, cells: u32, windows: u32) -> vec2u {
  return vec2u(i * cells / windows, i * cells % windows);
}

// Where the window after the one at `at` begins.
fn following(at: vec2u, way: vec2u, windows: u32) -> vec2u {
  let rest = at.y + way.y;
  return select(at + way, vec2u(at.x + way.x + 1u, rest - windows), rest >= windows);
}

// The first cell after a window whose follower begins at `next`: the two share a cell that is cut.
fn end_before(next: vec2u) -> u32 {
  return next.x + min(next.y, 1u);
}

// From .x up to, not including, .y: the cells of window i.
fn range(i: u32, cells: u32, windows: u32) -> vec2u {
  return vec2u(begin(i, cells, windows).x, end_before(begin(i + 1u, cells, windows)));
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
  let run = run_of(index, params.out_width);
  let plane = run.line / params.out_height * params.height;
  let rows = range(run.line % params.out_height, params.height, params.out_height);
  let way = begin(1u, params.width, params.out_width);
  var at = begin(run.start, params.width, params.out_width);
  for (var window = run.start; window < run.end; window++) {
    let next = following(at, way, params.out_width);
    let column_end = end_before(next);
    var sum = 0.0;
    for (var row = rows.x; row < rows.y; row++) {
      for (var column = at.x; column < column_end; column++) {
        sum += x[(plane + row) * params.width + column];
      }
    }
    out[run.line * params.out_width + window] = sum / f32((rows.y - rows.x) * (column_end - at.x));
    at = next;
  }
}

@compute @workgroup_size(64, 1, 1)
fn share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.runs) {
    return;
  }
  let run = run_of(index, params.out_width);
  let rows = range(run.line % params.out_height, params.height, params.out_height);
  let way = begin(1u, params.width, params.out_width);
  var at = begin(run.start, params.width, params.out_width);
  for (var window = run.start; window < run.end; window++) {
    let next = following(at, way, params.out_width);
    let place = run.line * params.out_width + window;
    shares[place] = gradient[place] / f32((rows.y - rows.x) * (end_before(next) - at.x));
    at = next;
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
  let run = run_of(index, params.width);
  let plane = run.line / params.height * params.out_height;
  let rows = range(run.line % params.height, params.out_height, params.height);
  let way = begin(1u, params.out_width, params.width);
  var at = begin(run.start, params.out_width, params.width);
  for (var cell = run.start; cell < run.end; cell++) {
    let next = following(at, way, params.width);
    let window_end = end_before(next);
    var sum = 0.0;
    for (var row = rows.x; row < rows.y; row++) {
      for (var window = at.x; window < window_end; window++) {
        sum += shares[(plane + row) * params.out_width + window];
      }
    }
    out[run.line * params.width + cell] = sum;
    at = next;
  }
}
