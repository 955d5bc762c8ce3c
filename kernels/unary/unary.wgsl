// out[i] = op(x[i]), element by element.
//
// Tiling: one invocation computes `run` vec4s, each ABREAST after the last.
// Cost: 8 bytes moved an element; 1 to about 30 flops. The length of a run is a uniform, because software adapters unroll a
// constant loop into far worse code.
//
// Where WGSL's own function may overflow, or promises too little (sin and cos: 2^-11 absolute), the functions below are
// written out. NaN propagates; as WGSL may assume that there is none, it is found by its bits.

override ABREAST: u32;
override OP: u32;

alias Element = f32; // tile

struct Params {
  vectors: u32,
  run: u32,
  p: f32,  // leakyRelu: the slope; elu, celu: alpha; softplus: beta; clamp: the lower end
  q: f32,  // clamp: the upper end
}

@group(0) @binding(0) var<storage, read> x: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<Element>>;
@group(0) @binding(2) var<uniform> params: Params;

// 2/pi in binary, after 32 zeros.
const TWO_OVER_PI = array<u32, 8>(
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu
);

// The upper half of a * b, with a below 2^24, or up to 2 less.
fn multiply_high(a: u32, b: u32) -> u32 {
  return (a >> 16u) * (b >> 16u) + (((a & 0xffffu) * (b >> 16u)) >> 16u) + (((a >> 16u) * (b & 0xffffu)) >> 16u);
}

// How many quarter turns |v| is, but for whole turns, in 1 / 2^30, for |v| >= 2^13 (Payne and Hanek 1983). v is mantissa *
// 2^exponent, so bits of 2/pi down to 2^(1 - exponent) only add whole turns; the 64 that follow decide, which begin at `first`.
fn quarter_turns(v: f32) -> u32 {
  let bits = bitcast<u32>(v);
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  let first = max((bits >> 23u) & 0xffu, 120u) - 120u;
  let word = first / 32u;
  let shift = first % 32u;
  let high = (TWO_OVER_PI[word] << shift) | ((TWO_OVER_PI[word + 1u] >> 1u) >> (31u - shift));
  let low = (TWO_OVER_PI[word + 1u] << shift) | ((TWO_OVER_PI[word + 2u] >> 1u) >> (31u - shift));
  return mantissa * high + multiply_high(mantissa, low);
}

// sin(v + quadrant * pi/2): v is brought into [-pi/4, pi/4] by subtracting a whole number of pi/2, from 2^13 on with exact
// whole numbers, else in three parts (Cody and Waite); then minimax polynomials (Cephes sinf, cosf).
fn sine(v: vec4f, quadrant: vec4f) -> vec4f {
  var turns = round(v * 0.636619772);
  var r = ((v - turns * 1.5703125) - turns * 4.83751297e-4) - turns * 7.54978996e-8;
  let far = (abs(v) >= vec4f(8192.0)) & (abs(v) <= vec4f(3.4028234e38));
  if (any(far)) {
    let quarters = vec4u(quarter_turns(v.x), quarter_turns(v.y), quarter_turns(v.z), quarter_turns(v.w));
    let nearest = (quarters + 0x20000000u) >> vec4u(30u);
    let rest = vec4f(bitcast<vec4i>(quarters - (nearest << vec4u(30u)))) * 1.46291807926715968e-9;  // pi/2 / 2^30
    turns = select(turns, sign(v) * vec4f(nearest), far);
    r = select(r, sign(v) * rest, far);
  }
  let s = r * r;
  let sin_r = r + r * s * (-1.6666654611e-1 + s * (8.3321608736e-3 + s * -1.9515295891e-4));
  let cos_r = 1.0 - 0.5 * s + s * s * (4.166664568298827e-2 + s * (-1.388731625493765e-3 + s * 2.443315711809948e-5));
  let phase = turns + quadrant - 4.0 * floor((turns + quadrant) * 0.25);
  let odd = (phase == vec4f(1.0)) | (phase == vec4f(3.0));
  let value = select(sin_r, cos_r, odd);
  return select(value, -value, phase >= vec4f(2.0));
}

fn tangent_h(v: vec4f) -> vec4f {
  let t = exp(2.0 * min(v, vec4f(15.0)));
  let s = v * v;
  let near = v * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0)));
  return select((t - 1.0) / (t + 1.0), near, abs(v) < vec4f(0.1));
}

fn logistic(v: vec4f) -> vec4f {
  let t = exp(-abs(v));
  return select(vec4f(1.0), t, v < vec4f(0.0)) / (1.0 + t);
}

fn log_one_plus_exp(v: vec4f) -> vec4f {
  let t = exp(-abs(v));
  return max(v, vec4f(0.0)) + select(log(1.0 + t), t - 0.5 * t * t, t < vec4f(1e-3));
}

// erf by N. Juffa's minimax polynomials (about 1 ULP): odd near 0, 1 - exp(polynomial) further out.
fn error_function(v: vec4f) -> vec4f {
  let a = abs(v);
  let s = v * v;
  var far = -1.72853470e-5 * a + 3.83197126e-4;
  far = far * s + (-3.88396438e-3 * a + 2.42546219e-2);
  far = far * a - 1.06777877e-1;
  far = far * a - 6.34846687e-1;
  far = far * a - 1.28717512e-1;
  far = sign(v) * (1.0 - exp(far * a - a));
  var near = -5.96761703e-4 * s + 4.99119423e-3;
  near = near * s - 2.67681349e-2;
  near = near * s + 1.12819925e-1;
  near = near * s - 3.76125336e-1;
  near = near * s + 1.28379166e-1;
  near = near * v + v;
  return select(near, select(far, sign(v), a > vec4f(4.0)), a > vec4f(0.921875));
}

fn leaky_relu(v: vec4f) -> vec4f {
  return select(params.p * v, v, v > vec4f(0.0));
}

// exp(v) - 1, which cancels near 0, where the series takes over.
fn exp_minus_one(v: vec4f) -> vec4f {
  let series = v * (1.0 + v * (0.5 + v * (1.0 / 6.0 + v * (1.0 / 24.0))));
  return select(exp(v) - 1.0, series, abs(v) < vec4f(0.03));
}

fn elu(v: vec4f) -> vec4f {
  return select(params.p * exp_minus_one(v), v, v > vec4f(0.0));
}

fn celu(v: vec4f) -> vec4f {
  return select(params.p * exp_minus_one(v / params.p), v, v > vec4f(0.0));
}

fn selu(v: vec4f) -> vec4f {
  return 1.05070098736 * select(1.67326324235 * exp_minus_one(v), v, v > vec4f(0.0));
}

// v times the normal distribution function: exp(polynomial) / 2 below 0, fitted to |v| times that (1.1e-8 off), and 1 less it above.
fn gelu(v: vec4f) -> vec4f {
  let a = abs(v);
  var p = -1.4210770264e-6 * a + 2.0839691736e-5;
  p = p * a - 9.8740029154e-5;
  p = p * a - 1.6699878247e-4;
  p = p * a + 4.9880989397e-3;
  p = p * a - 3.6449161121e-2;
  p = p * a - 3.1827979560e-1;
  p = p * a - 7.9788724933e-1;
  let tail = 0.5 * exp(p * a);
  return v * select(tail, 1.0 - tail, v > vec4f(0.0));
}

// v (1 + tanh(u)) / 2
fn gelu_tanh(v: vec4f) -> vec4f {
  return v * logistic(1.59576912161 * (v + 0.044715 * v * v * v));
}

fn hard_sigmoid(v: vec4f) -> vec4f {
  return clamp(v / 6.0 + 0.5, vec4f(0.0), vec4f(1.0));
}

// tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1) with e = exp(v), or, both sides by e^2, with t = exp(-|v|) above 0.
fn mish(v: vec4f) -> vec4f {
  let t = exp(-abs(v));
  let above = (1.0 + 2.0 * t) / (1.0 + 2.0 * t + 2.0 * t * t);
  let below = t * (2.0 + t) / (2.0 + 2.0 * t + t * t);
  return v * select(below, above, v > vec4f(0.0));
}

// v - tanh(v) cancels near 0, where the series takes over.
fn tanh_shrink(v: vec4f) -> vec4f {
  let s = v * v;
  let series = v * s * (1.0 / 3.0 + s * (-2.0 / 15.0 + s * (17.0 / 315.0 - s * (62.0 / 2835.0))));
  return select(v - tangent_h(v), series, abs(v) < vec4f(0.25));
}

// SwiftShader takes -88 for the logarithm of 0, and that of its size for one of a negative number.
fn logarithm(v: vec4f) -> vec4f {
  return select(select(log(v), sqrt(v), v < vec4f(0.0)), -1.0 / abs(v), v == vec4f(0.0));
}

// The order of the cases is the order of the table in table.ts.
fn apply_float(v: vec4f) -> vec4f {
  switch OP {
    case 4u: { return exp(v); }
    case 5u: { return logarithm(v); }
    case 6u: { return sqrt(v); }
    case 7u: { return inverseSqrt(v); }
    case 8u: { return 1.0 / v; }
    case 9u: { return sine(v, vec4f(0.0)); }
    case 10u: { return sine(v, vec4f(1.0)); }
    case 11u: { return tangent_h(v); }
    case 12u: { return logistic(v); }
    case 13u: { return max(v, vec4f(0.0)); }
    case 14u: { return leaky_relu(v); }
    case 15u: { return elu(v); }
    case 16u: { return gelu(v); }
    case 17u: { return gelu_tanh(v); }
    case 18u: { return v * logistic(v); }
    case 19u: { return log_one_plus_exp(params.p * v) / params.p; }
    case 20u: { return error_function(v); }
    case 21u: { return clamp(v, vec4f(params.p), vec4f(params.q)); }
    case 22u: { return floor(v); }
    case 23u: { return ceil(v); }
    case 24u: { return round(v); }
    case 25u: { return celu(v); }
    case 26u: { return selu(v); }
    case 27u: { return hard_sigmoid(v); }
    case 28u: { return v * hard_sigmoid(v); }
    case 29u: { return mish(v); }
    case 30u: { return v / (1.0 + abs(v)); }
    case 31u: { return -log_one_plus_exp(-v); }
    default: { return tanh_shrink(v); }
  }
}

fn apply(v: vec4<Element>) -> vec4<Element> {
  switch OP {
    case 0u: { return -v; }
    case 1u: { return abs(v); }
    case 2u: { return sign(v); }
    case 3u: { return v * v; }
    default: { return vec4<Element>(apply_float(vec4f(v))); }
  }
}

fn is_nan(v: vec4<Element>) -> vec4<bool> {
  return (bitcast<vec4u>(vec4f(v)) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    let v = x[index];
    out[index] = select(apply(v), v, is_nan(v));
  }
}
