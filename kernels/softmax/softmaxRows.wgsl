// out = softmax of each row of x, or its logarithm: exp(x - m) / s or x - m - log(s), with m = max and s = the sum of
// exp(x - m) over the row. Rows are contiguous and whole vec4s.
//
// Tiling: one invocation takes a row, in three passes: largest, sum, result. Only the first one reads memory, as long as a
// row fits into the cache: for adapters that run on a CPU. Others share a row, see softmax.wgsl.
// Cost: x read once, out written once; two exponentials an element.

override LOGARITHM: bool = false;

struct Params {
  rows: u32,
  vectors: u32,  // of a row
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
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
  let start = row * params.vectors;
  let end = start + params.vectors;
  var largest = vec4f(LOWEST);
  var bits = vec4u(0u);
  for (var at = start; at < end; at++) {
    largest = max(largest, x[at]);
    bits = max(bits, bitcast<vec4u>(x[at]) & vec4u(0x7fffffffu));
  }
  let m = max(max(largest.x, largest.y), max(largest.z, largest.w));
  let most_bits = max(max(bits.x, bits.y), max(bits.z, bits.w));
  let has_no_softmax = m > HIGHEST || most_bits > INFINITY_BITS;
  let nan = vec4f(bitcast<f32>(most_bits | 1u));
  var sums = vec4f(0.0);
  for (var at = start; at < end; at++) {
    sums += exp(x[at] - m);
  }
  let s = (sums.x + sums.y) + (sums.z + sums.w);
  // Of a row of nothing but -infinity; not every adapter has log(0) = -infinity.
  let has_no_logarithm = has_no_softmax || s == 0.0;
  for (var at = start; at < end; at++) {
    if (LOGARITHM) {
      out[at] = select(x[at] - m - log(s), nan, has_no_logarithm);
    } else {
      out[at] = select(exp(x[at] - m) / s, nan, has_no_softmax);
    }
  }
}
