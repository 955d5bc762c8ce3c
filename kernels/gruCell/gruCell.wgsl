// One step of a gated recurrent unit, after the products with its weights. With x = inputGates and a = hiddenGates, each
// [rows, 3 * units] in the order r, z, n:
//   r = sigmoid(x_r + a_r), z = sigmoid(x_z + a_z), n = tanh(x_n + r * a_n)
//   hNext = (1 - z) * n + z * h
// `gradient`: from d(loss)/d(hNext) those with respect to x, a and h; the gates are computed anew.
//
// Tiling: one invocation computes one Lane of one row: four units where their number divides by 4, else one.
// Cost: about 45 flops and 32 bytes moved a unit; 65 and 60 for the gradient.

alias Lane = f32; // tile
alias Bits = u32; // tile

struct Params {
  size: u32,   // Lanes in all
  width: u32,  // Lanes a row
}

@group(0) @binding(0) var<storage, read> inputGates: array<Lane>;
@group(0) @binding(1) var<storage, read> hiddenGates: array<Lane>;
@group(0) @binding(2) var<storage, read> h: array<Lane>;
@group(0) @binding(3) var<storage, read> gradH: array<Lane>;
@group(0) @binding(4) var<storage, read_write> hNext: array<Lane>;
@group(0) @binding(5) var<storage, read_write> gradInputGates: array<Lane>;
@group(0) @binding(6) var<storage, read_write> gradHiddenGates: array<Lane>;
@group(0) @binding(7) var<storage, read_write> gradState: array<Lane>;
@group(0) @binding(8) var<uniform> params: Params;

// exp of NaN need not be NaN.
fn keep_nan(v: Lane, result: Lane) -> Lane {
  let is_nan = (bitcast<Bits>(v) & Bits(0x7fffffffu)) > Bits(0x7f800000u);
  return select(result, v, is_nan);
}

fn sigmoid(v: Lane) -> Lane {
  let t = exp(-abs(v));
  return keep_nan(v, select(Lane(1.0), t, v < Lane(0.0)) / (1.0 + t));
}

// Neither overflows far out nor cancels near 0, where the series takes over.
fn tangent_h(v: Lane) -> Lane {
  let t = exp(2.0 * min(v, Lane(15.0)));
  let s = v * v;
  let near = v * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0)));
  return keep_nan(v, select((t - 1.0) / (t + 1.0), near, abs(v) < Lane(0.1)));
}

struct Gates {
  r: Lane,
  z: Lane,
  n: Lane,
}

// Where the first gate of lane `index` stands; the others follow `width` apart.
fn first_gate(index: u32) -> u32 {
  return index + index / params.width * 2u * params.width;
}

fn gates_at(first: u32) -> Gates {
  let second = first + params.width;
  let third = second + params.width;
  let r = sigmoid(inputGates[first] + hiddenGates[first]);
  let z = sigmoid(inputGates[second] + hiddenGates[second]);
  return Gates(r, z, tangent_h(inputGates[third] + r * hiddenGates[third]));
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
  let gates = gates_at(first_gate(index));
  hNext[index] = (1.0 - gates.z) * gates.n + gates.z * h[index];
}

@compute @workgroup_size(64, 1, 1)
fn gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let first = first_gate(index);
  let second = first + params.width;
  let third = second + params.width;
  let gates = gates_at(first);
  let grad = gradH[index];
  let grad_n = grad * (1.0 - gates.z) * (1.0 - gates.n * gates.n);
  let grad_r = grad_n * hiddenGates[third] * gates.r * (1.0 - gates.r);
  let grad_z = grad * (h[index] - gates.n) * gates.z * (1.0 - gates.z);
  gradInputGates[first] = grad_r;
  gradInputGates[second] = grad_z;
  gradInputGates[third] = grad_n;
  gradHiddenGates[first] = grad_r;
  gradHiddenGates[second] = grad_z;
  gradHiddenGates[third] = grad_n * gates.r;
  gradState[index] = grad * gates.z;
}
