// out = softmax of x along one axis, or its logarithm, as in softmaxRows.wgsl, for rows of any length that need not be
// contiguous: x is [outer, length, inner].
//
// Tiling: one invocation takes a row, in three passes: largest, sum, result; neighbouring invocations take rows that lie
// side by side. For adapters that run on a CPU. Others share a row, see softmax.wgsl.
// Cost: x read once, out written once, as long as 64 rows fit into the cache; two exponentials an element.

override LOGARITHM: bool = false;

struct Params {
  rows: u32,
  length: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

// Low enough for any x, yet finite: what is left of a row of -infinity.
const LOWEST = -3.4028234e38;
// A row with a value above this, or with bits above those, is all NaN: exp and max may lose it.
const HIGHEST = 3.4028234e38;
const INFINITY_BITS = 0x7f800000u;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (row >= params.rows) {
    return;
  }
  let start = row / params.inner * params.length * params.inner + row % params.inner;
  let end = start + params.length * params.inner;
  var m = LOWEST;
  var bits = 0u;
  for (var at = start; at < end; at += params.inner) {
    m = max(m, x[at]);
    bits = max(bits, bitcast<u32>(x[at]) & 0x7fffffffu);
  }
  let has_no_softmax = m > HIGHEST || bits > INFINITY_BITS;
  let nan = bitcast<f32>(bits | 1u);
  var s = 0.0;
  for (var at = start; at < end; at += params.inner) {
    s += exp(x[at] - m);
  }
  // Of a row of nothing but -infinity; not every adapter has log(0) = -infinity.
  let has_no_logarithm = has_no_softmax || s == 0.0;
  for (var at = start; at < end; at += params.inner) {
    if (LOGARITHM) {
      out[at] = select(x[at] - m - log(s), nan, has_no_logarithm);
    } else {
      out[at] = select(exp(x[at] - m) / s, nan, has_no_softmax);
    }
  }
}
