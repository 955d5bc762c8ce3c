// out = softmax of x along one axis, or its logarithm: exp(x - m) / s or x - m - log(s), with m = max and s = the sum of
// exp(x - m) over the row. x is [outer, length, inner].
//
// Tiling: `statistics` shares a row between `parts` invocations, each of which runs over the values part, part + parts, ...
// once and keeps (m, s) together: when m grows, s is scaled down (Milakov and Gimelshein, arXiv 1805.02867). `combine` puts a
// row's parts together, in the place of the first, and `main` computes one element an invocation.
// Cost: x read twice, out written once; two exponentials an element.

override LOGARITHM: bool = false;

struct Params {
  length: u32,
  inner: u32,
  rows: u32,
  parts: u32,
  size: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> states: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// A stand-in for the maximum of nothing, low enough for any x, yet finite.
const LOWEST = -3.4028234e38;
// A row with a value above this, or with bits above those, is all NaN: exp and max may lose it, so its part takes it for s.
const HIGHEST = 3.4028234e38;
const INFINITY_BITS = 0x7f800000u;

fn merge(a: vec2f, b: vec2f) -> vec2f {
  let m = max(a.x, b.x);
  return vec2f(m, a.y * exp(a.x - m) + b.y * exp(b.x - m));
}

@compute @workgroup_size(64, 1, 1)
fn statistics(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.rows * params.parts) {
    return;
  }
  let row = index / params.parts;
  let start = row / params.inner * params.length * params.inner + row % params.inner;
  var state = vec2f(LOWEST, 0.0);
  var bits = 0u;
  for (var i = index % params.parts; i < params.length; i += params.parts) {
    let value = x[start + i * params.inner];
    bits = max(bits, bitcast<u32>(value) & 0x7fffffffu);
    state = merge(state, vec2f(max(value, LOWEST), select(0.0, 1.0, value >= LOWEST)));
  }
  let has_no_softmax = state.x > HIGHEST || bits > INFINITY_BITS;
  states[index] = vec2f(state.x, select(state.y, bitcast<f32>(bits | 1u), has_no_softmax));
}

@compute @workgroup_size(64, 1, 1)
fn combine(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (row >= params.rows) {
    return;
  }
  var state = states[row * params.parts];
  for (var part = 1u; part < params.parts; part++) {
    state = merge(state, states[row * params.parts + part]);
  }
  let is_nan = (bitcast<u32>(state.y) & 0x7fffffffu) > INFINITY_BITS;
  states[row * params.parts] = vec2f(select(state.x, state.y, is_nan), state.y);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let row = index / (params.length * params.inner) * params.inner + index % params.inner;
  let state = states[row * params.parts];
  if (LOGARITHM) {
    // A row of nothing but -infinity has none; not every adapter has log(0) = -infinity.
    let nan = bitcast<f32>(bitcast<u32>(x[index]) | 1u);
    out[index] = select(x[index] - state.x - log(state.y), nan, state.y == 0.0);
  } else {
    out[index] = exp(x[index] - state.x) / state.y;
  }
}
