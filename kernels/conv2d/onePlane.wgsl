// conv2d.wgsl's convolution, or its gradient with respect to x (SWAPPED), where every group of out has one channel: a depthwise
// layer, one filter, or the gradient of an image of one channel. There a tile of 8 channels would be used to an eighth.
//
// Tiling: in `main` an invocation keeps 8 places of a row, and a workgroup stays in one plane, so that all its invocations take
// the same weight. From one tap of a kernel row to the next the 8 values of x move on by one place where strides and dilation
// agree, and one new value is loaded.
// If that channel sees but one of x, through 3x3 taps side by side, an invocation of `main_3x3` walks down 8 columns: each row
// of x is loaded once and counts for the three rows of out that it meets, two of them unfinished from turn to turn.
// Weights are read as they are. No workgroup memory, no barriers.
// Cost: 2 flops a place and weight; x is loaded once for each weight, where it moves on once for each kernel row, by `main_3x3` once.

override SWAPPED: bool = false;
override HAS_BIAS: bool = false;
override RELU: bool = false;
// From tap to tap, x moves on by as much as from place to place.
override SLIDES: bool = false;

struct Params {
  groups: u32,
  source_channels: u32,   // of one group of x
  source_height: u32,
  source_width: u32,
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
  planes: u32,
  runs: u32,              // of 8 places in a plane of a phase
  run_areas: u32,         // workgroups along the runs
  row_runs: u32,          // runs in a row
  run_rows: u32,          // 3x3: rows of a run
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
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

fn value_at(start: u32, row: i32, column: i32) -> f32 {
  let inside = (row >= 0) & (row < i32(params.source_height)) & (column >= 0) & (column < i32(params.source_width));
  return select(0.0, x[start + u32(select(0, row * i32(params.source_width) + column, inside))], inside);
}

// Four places of a row, `source_step_x` apart.
fn four_at(start: u32, row: i32, column: i32) -> vec4f {
  let columns = vec4i(column) + vec4i(0, 1, 2, 3) * i32(params.source_step_x);
  let rows = vec4i(row);
  let at = vec4i(i32(start)) + rows * i32(params.source_width) + columns;
  let inside = (rows >= vec4i(0)) & (rows < vec4i(i32(params.source_height))) &
    (columns >= vec4i(0)) & (columns < vec4i(i32(params.source_width)));
  let safe = select(vec4i(0), at, inside);
  return select(vec4f(0.0), vec4f(x[safe.x], x[safe.y], x[safe.z], x[safe.w]), inside);
}

// A row of a 3x3 kernel, in the order in which x meets it.
fn kernel_row_at(g: u32, row: u32) -> vec3f {
  if (SWAPPED) {
    let last = g * 9u + 8u - row * 3u;
    return vec3f(weight[last], weight[last - 1u], weight[last - 2u]);
  }
  let first = g * 9u + row * 3u;
  return vec3f(weight[first], weight[first + 1u], weight[first + 2u]);
}

// relu, if asked for. NaN is not below 0, and stays.
fn activated(values: vec4f) -> vec4f {
  if (RELU) {
    return select(values, vec4f(0.0), values <= vec4f(0.0));
  }
  return values;
}

// Eight places of a row of out, `step` apart.
fn store_row(row: u32, column: u32, step: u32, near: vec4f, far: vec4f) {
  let a = activated(near);
  let b = activated(far);
  let at = row * params.width + column;
  if (column < params.width) { out[at] = a.x; }
  if (column + step < params.width) { out[at + step] = a.y; }
  if (column + 2u * step < params.width) { out[at + 2u * step] = a.z; }
  if (column + 3u * step < params.width) { out[at + 3u * step] = a.w; }
  if (column + 4u * step < params.width) { out[at + 4u * step] = b.x; }
  if (column + 5u * step < params.width) { out[at + 5u * step] = b.y; }
  if (column + 6u * step < params.width) { out[at + 6u * step] = b.z; }
  if (column + 7u * step < params.width) { out[at + 7u * step] = b.w; }
}

@compute @workgroup_size(8, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let run = (area % params.run_areas) * 8u + lane;
  let phase = (area / params.run_areas) % (params.phases_y * params.phases_x);
  let plane = area / params.run_areas / (params.phases_y * params.phases_x);
  if (plane >= params.planes || run >= params.runs) {
    return;
  }
  let g = plane % params.groups;
  let phase_y = phase / params.phases_x;
  let phase_x = phase % params.phases_x;
  let axis_y = axis_of(phase_y, params.phases_y, params.kernel_height, params.kernel_step_y, params.padding_y, params.dilation_y);
  let axis_x = axis_of(phase_x, params.phases_x, params.kernel_width, params.kernel_step_x, params.padding_x, params.dilation_x);
  let line = run / params.row_runs;
  let place = run % params.row_runs * 8u;
  let row = i32(line * params.source_step_y) + axis_y.origin;
  let step = i32(params.source_step_x);
  // Backwards, the last tap of a row comes first, so that x is walked in one direction always.
  let tap_step = abs(params.tap_step_x);
  let first = i32(place) * step + axis_x.origin + select(0, (i32(axis_x.count) - 1) * params.tap_step_x, SWAPPED);

  // Places 0 to 3 and 4 to 7.
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  let kernel_rows = params.source_channels * axis_y.count;
  for (var kernel_row = 0u; kernel_row < kernel_rows; kernel_row++) {
    let origin = kernel_row / axis_y.count;
    let ky = kernel_row % axis_y.count;
    let start = (plane * params.source_channels + origin) * params.source_height * params.source_width;
    let source_row = row + i32(ky) * params.tap_step_y;
    let weight_row = (g * params.source_channels + origin) * params.kernel_height + axis_y.first + ky * params.kernel_step_y;
    let weights = weight_row * params.kernel_width + axis_x.first;
    var p = vec4f(0.0);
    var q = vec4f(0.0);
    if (SLIDES) {
      p.y = value_at(start, source_row, first);
      p.z = value_at(start, source_row, first + step);
      p.w = value_at(start, source_row, first + 2 * step);
      q = four_at(start, source_row, first + 3 * step);
    }
    for (var tap = 0u; tap < axis_x.count; tap++) {
      let column = first + i32(tap) * tap_step;
      if (SLIDES) {
        p = vec4f(p.yzw, q.x);
        q = vec4f(q.yzw, value_at(start, source_row, column + 7 * step));
      } else {
        p = four_at(start, source_row, column);
        q = four_at(start, source_row, column + 4 * step);
      }
      let kx = select(tap, axis_x.count - 1u - tap, SWAPPED);
      let w = weight[weights + kx * params.kernel_step_x];
      a += w * p;
      b += w * q;
    }
  }
  if (HAS_BIAS) {
    a += bias[g];
    b += bias[g];
  }
  let y = line * params.phases_y + phase_y;
  if (y < params.height) {
    store_row(plane * params.height + y, place * params.phases_x + phase_x, params.phases_x, a, b);
  }
}

@compute @workgroup_size(8, 1, 1)
fn main_3x3(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let area = (group.z * grid.y + group.y) * grid.x + group.x;
  let run = (area % params.run_areas) * 8u + lane;
  let plane = area / params.run_areas;
  if (plane >= params.planes || run >= params.runs) {
    return;
  }
  let g = plane % params.groups;
  let start = plane * params.source_height * params.source_width;
  let first_row = run / params.row_runs * params.run_rows;
  let last_row = min(first_row + params.run_rows, params.height);
  let place = run % params.row_runs * 8u;
  // Backwards the kernel is turned round, and its other end meets place 0 in x.
  let row = select(-i32(params.padding_y), i32(params.padding_y) - 2, SWAPPED);
  let column = i32(place) + select(-i32(params.padding_x), i32(params.padding_x) - 2, SWAPPED);
  let w0 = kernel_row_at(g, 0u);
  let w1 = kernel_row_at(g, 1u);
  let w2 = kernel_row_at(g, 2u);
  var bias_g = 0.0;
  if (HAS_BIAS) {
    bias_g = bias[g];
  }

  // Places 0 to 3 (a) and 4 to 7 (b) of the rows that have met one and two rows of x.
  var one_a = vec4f(0.0);
  var one_b = vec4f(0.0);
  var two_a = vec4f(0.0);
  var two_b = vec4f(0.0);
  // The row of out that is the last to meet a row of x is `y - 2`.
  for (var y = first_row; y < last_row + 2u; y++) {
    let source_row = i32(y) + row;
    let p = four_at(start, source_row, column);
    let q = four_at(start, source_row, column + 4);
    let r = vec4f(value_at(start, source_row, column + 8), value_at(start, source_row, column + 9), 0.0, 0.0);
    let p1 = vec4f(p.yzw, q.x);
    let p2 = vec4f(p.zw, q.xy);
    let q1 = vec4f(q.yzw, r.x);
    let q2 = vec4f(q.zw, r.xy);
    if (y >= first_row + 2u) {
      let a = two_a + w2.x * p + w2.y * p1 + w2.z * p2;
      let b = two_b + w2.x * q + w2.y * q1 + w2.z * q2;
      store_row(plane * params.height + y - 2u, place, 1u, a, b);
    }
    two_a = one_a + w1.x * p + w1.y * p1 + w1.z * p2;
    two_b = one_b + w1.x * q + w1.y * q1 + w1.z * q2;
    one_a = bias_g + w0.x * p + w0.y * p1 + w0.z * p2;
    one_b = bias_g + w0.x * q + w0.y * q1 + w0.z * q2;
  }
}
