// One step of a long short-term memory, after the products with its weights. With the pre-activations of the four gates,
// a = inputGates + hiddenGates, each [rows, 4 * units] in the order i, f, g, o:
//   cNext = sigmoid(a_f) * c + sigmoid(a_i) * tanh(a_g)
//   hNext = sigmoid(a_o) * tanh(cNext)
// `gradient`: from d(loss)/d(hNext) and d(loss)/d(cNext) those with respect to a and to c; the gates are computed anew.
//
// Tiling: one invocation computes one Lane of one row: four units where their number divides by 4, else one.
// Cost: about 60 flops and 44 bytes moved a unit; 100 and 64 for the gradient.

alias Lane = f32; // tile
alias Bits = u32; // tile

struct Params {
  size: u32,   // Lanes in all
  width: u32,  // Lanes a row
}

@group(0) @binding(0) var<storage, read> inputGates: array<Lane>;
@group(0) @binding(1) var<storage, read> hiddenGates: array<Lane>;
@group(0) @binding(2) var<storage, read> c: array<Lane>;
@group(0) @binding(3) var<storage, read> gradH: array<Lane>;
@group(0) @binding(4) var<storage, read> gradC: array<Lane>;
@group(0) @binding(5) var<storage, read_write> hNext: array<Lane>;
@group(0) @binding(6) var<storage, read_write> cNext: array<Lane>;
@group(0) @binding(7) var<storage, read_write> gradGates: array<Lane>;
@group(0) @binding(8) var<storage, read_write> gradCell: array<Lane>;
@group(0) @binding(9) var<uniform> params: Params;

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
  i: Lane,
  f: Lane,
  g: Lane,
  o: Lane,
}

// Where the first gate of lane `index` stands; the others follow `width` apart.
fn first_gate(index: u32) -> u32 {
  return index + index / params.width * 3u * params.width;
}

fn gates_at(first: u32) -> Gates {
  let width = params.width;
  return Gates(
    sigmoid(inputGates[first] + hiddenGates[first]),
    sigmoid(inputGates[first + width] + hiddenGates[first + width]),
    tangent_h(inputGates[first + 2u * width] + hiddenGates[first + 2u * width]),
    sigmoid(inputGates[first + 3u * width] + hiddenGates[first + 3u * width])
  );
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
  let cell = gates.f * c[index] + gates.i * gates.g;
  cNext[index] = cell;
  hNext[index] = gates.o * tangent_h(cell);
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
  let width = params.width;
  let gates = gates_at(first);
  let before = c[index];
  let bent = tangent_h(gates.f * before + gates.i * gates.g);
  let grad_h = gradH[index];
  let grad_c = gradC[index] + grad_h * gates.o * (1.0 - bent * bent);
  gradGates[first] = grad_c * gates.g * gates.i * (1.0 - gates.i);
  gradGates[first + width] = grad_c * before * gates.f * (1.0 - gates.f);
  gradGates[first + 2u * width] = grad_c * gates.i * (1.0 - gates.g * gates.g);
  gradGates[first + 3u * width] = grad_h * bent * gates.o * (1.0 - gates.o);
  gradCell[index] = grad_c * gates.f;
}
