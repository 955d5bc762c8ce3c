// out = op(a, b), element by element, with NumPy broadcasting: an axis of extent 1 is read with stride 0.
//
// Tiling: one invocation writes `run` vec4s of the output, each ABREAST after the last. ROWS: the inner axis is a whole number
// of ABREAST runs (or the only axis), and each operand walks it with stride 1 or 0, so that it is read by vec4s or as one value,
// and found once a run. Otherwise an invocation writes one vec4, and each element is found by itself.
// Cost: 1 flop, and 12 bytes moved an element without broadcasting. A run saves the divisions that find its operands; its
// length is a uniform, because software adapters unroll a constant loop into far worse code.
//
// NaN: arithmetic propagates it; comparisons with it are false (notEqual: true). WGSL implementations may assume that
// there is none, so maximum and minimum test for it by its bits.

override ABREAST: u32;
override OP: u32;
override ROWS: bool = true;
// In ROWS: does the operand change along the inner axis?
override STEPS_A: bool = true;
override STEPS_B: bool = true;

alias Element = f32; // tile
alias Result = f32; // tile

struct Params {
  shape: array<vec4u, 2>,     // of the output, adjacent axes merged
  strides_a: array<vec4u, 2>,
  strides_b: array<vec4u, 2>,
  rank: u32,
  size: u32,                  // elements of the output
  run: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<Element>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<Result>>;
@group(0) @binding(3) var<uniform> params: Params;

fn add(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return x + y;
}

fn sub(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return x - y;
}

fn mul(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return x * y;
}

fn div(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return x / y;
}

// WGSL leaves the power of a negative base undefined: its size is that of the positive base, its sign that of an odd
// whole exponent, and for other exponents the result is NaN, made by a square root that no compiler can foresee (the base
// -infinity counts as infinity there).
fn power(base: vec4<Element>, exponent: vec4<Element>) -> vec4<Element> {
  let x = vec4f(base);
  let y = vec4f(exponent);
  let whole = floor(y) == y;
  let odd = whole & (abs(y - 2 * floor(y / 2)) == vec4f(1));
  // Adapters take other numbers for powers of 0, and of -0.
  let of_zero = select(vec4f(0), 1 / select(abs(x), x, odd), y < vec4f(0));
  let size = select(pow(abs(x), y), of_zero, x == vec4f(0));
  let signed = select(size, -size, (x < vec4f(0)) & odd);
  let finite_below_zero = (x < vec4f(0)) & (x >= vec4f(-3.4028234e38));
  let result = select(signed, sqrt(x), finite_below_zero & !whole);
  // pow may lose NaN; but 1 is the power of anything to 0, any power of 1, and the infinite ones of -1.
  let with_nan = select(select(result, y, is_nan(exponent)), x, is_nan(base));
  let is_one = (y == vec4f(0)) | (x == vec4f(1)) | ((x == vec4f(-1)) & (abs(y) > vec4f(3.4028234e38)));
  return vec4<Element>(select(with_nan, vec4f(1), is_one));
}

fn is_nan(x: vec4<Element>) -> vec4<bool> {
  return (bitcast<vec4u>(vec4f(x)) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

fn maximum(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return select(select(max(x, y), y, is_nan(y)), x, is_nan(x));
}

fn minimum(x: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return select(select(min(x, y), y, is_nan(y)), x, is_nan(x));
}

fn relu_grad(gradient: vec4<Element>, y: vec4<Element>) -> vec4<Element> {
  return select(vec4<Element>(0), gradient, y > vec4<Element>(0));
}

// Not `x != y`: software adapters take that for false where one is NaN.
fn not_equal(x: vec4<Element>, y: vec4<Element>) -> vec4<bool> {
  return !(x == y);
}

fn truth(condition: vec4<bool>) -> vec4<Result> {
  return select(vec4<Result>(0), vec4<Result>(1), condition);
}

// The order of the cases is the order of the table in table.ts.
fn apply(x: vec4<Element>, y: vec4<Element>) -> vec4<Result> {
  switch OP {
    case 0u: { return vec4<Result>(add(x, y)); }
    case 1u: { return vec4<Result>(sub(x, y)); }
    case 2u: { return vec4<Result>(mul(x, y)); }
    case 3u: { return vec4<Result>(div(x, y)); }
    case 4u: { return vec4<Result>(power(x, y)); }
    case 5u: { return vec4<Result>(maximum(x, y)); }
    case 6u: { return vec4<Result>(minimum(x, y)); }
    case 7u: { return vec4<Result>(relu_grad(x, y)); }
    case 8u: { return truth(x == y); }
    case 9u: { return truth(not_equal(x, y)); }
    case 10u: { return truth(x < y); }
    case 11u: { return truth(x <= y); }
    case 12u: { return truth(x > y); }
    default: { return truth(x >= y); }
  }
}

// Where the operands stand when the output stands at element `index`.
fn offsets(index: u32) -> vec2u {
  var rest = index;
  var at = vec2u(0u, 0u);
  for (var axis = params.rank - 1u; axis > 0u; axis--) {
    let extent = params.shape[axis / 4u][axis % 4u];
    at += (rest % extent) * vec2u(params.strides_a[axis / 4u][axis % 4u], params.strides_b[axis / 4u][axis % 4u]);
    rest = rest / extent;
  }
  return at + rest * vec2u(params.strides_a[0][0], params.strides_b[0][0]);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  let end = min(first + ABREAST * params.run, (params.size + 3u) / 4u);
  if (first >= end) {
    return;
  }
  if (ROWS) {
    let at = offsets(first * 4u);
    var x = vec4<Element>(a[at.x / 4u][at.x % 4u]);
    var y = vec4<Element>(b[at.y / 4u][at.y % 4u]);
    // From a place of out to that of the operand: all three move on by one.
    let to_a = at.x / 4u - first;
    let to_b = at.y / 4u - first;
    for (var index = first; index < end; index += ABREAST) {
      if (STEPS_A) {
        x = a[index + to_a];
      }
      if (STEPS_B) {
        y = b[index + to_b];
      }
      out[index] = apply(x, y);
    }
    return;
  }
  let last = params.size - 1u;
  let at0 = offsets(first * 4u);
  let at1 = offsets(min(first * 4u + 1u, last));
  let at2 = offsets(min(first * 4u + 2u, last));
  let at3 = offsets(min(first * 4u + 3u, last));
  let x = vec4<Element>(a[at0.x / 4u][at0.x % 4u], a[at1.x / 4u][at1.x % 4u], a[at2.x / 4u][at2.x % 4u], a[at3.x / 4u][at3.x % 4u]);
  let y = vec4<Element>(b[at0.y / 4u][at0.y % 4u], b[at1.y / 4u][at1.y % 4u], b[at2.y / 4u][at2.y % 4u], b[at3.y / 4u][at3.y % 4u]);
  out[first] = apply(x, y);
}
