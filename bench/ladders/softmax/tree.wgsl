// out[row] = exp(x[row] - m) / s, with m the largest value of the row and s the sum of exp(x[row] - m): x is [rows, length].
//
// Changes: a workgroup computes a row: each invocation a part's (m, s), and a tree in workgroup memory puts the parts together.
// Why: neighbours read and write neighbours, and few rows give every core of a GPU something to do. CPU-backed adapters had
// enough to do already, and pay for the barriers.
// Tiling: 64 invocations a row; invocation i takes the values i, i + 64, ...; then half of the pairs join the other half, six times.
// Cost: x read twice, out written once; two exponentials a value, and 12 more and seven barriers a row.

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

// Low enough for any x, yet finite.
const LOWEST = -3.4028234e38;

var<workgroup> states: array<vec2f, 64>;

fn merge(a: vec2f, b: vec2f) -> vec2f {
  let m = max(a.x, b.x);
  return vec2f(m, a.y * exp(a.x - m) + b.y * exp(b.x - m));
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let row = (group.z * grid.y + group.y) * grid.x + group.x;
  let length = select(0u, params.length, row < params.rows); // barriers allow no early return
  let start = row * params.length;
  var m = LOWEST;
  var s = 0.0;
  for (var i = lane; i < length; i += 64u) {
    let value = x[start + i];
    if (value > m) {
      s = s * exp(m - value) + 1.0;
      m = value;
    } else {
      s += exp(value - m);
    }
  }
  states[lane] = vec2f(m, s);
  workgroupBarrier();
  for (var width = 32u; width > 0u; width = width / 2u) {
    if (lane < width) {
      states[lane] = merge(states[lane], states[lane + width]);
    }
    workgroupBarrier();
  }
  let state = states[0];
  for (var i = lane; i < length; i += 64u) {
    out[start + i] = exp(x[start + i] - state.x) / state.y;
  }
}
