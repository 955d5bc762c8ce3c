// out = a reduction of x over some of its axes.
//
// Tiling: `parts` invocations share one output element; invocation `part` walks the values part, part + parts, ... in
// order. With one part, `main` writes the result at once; otherwise `partial` leaves a State a part, and `merge` combines
// those of an output element, again in order: no atomics, no barriers, always the same rounding. Neighbouring invocations
// read neighbouring values: parts run fastest where the innermost axis is reduced, outputs where it is kept.
// Cost: 1 flop (variance 5, logSumExp 2 exponentials) and 4 bytes read a value.
//
// NaN wins in max, min, argmax and argmin, by its bits. Of equal values argmax and argmin take the first.

override OP: u32;
// Parts run fastest.
override PARTS_FIRST: bool = true;
// The innermost reduced axis is contiguous and a whole number of vec4s.
override VECTORS: bool = false;

alias Element = f32; // tile
alias Result = f32; // tile

struct Params {
  kept_shape: array<vec4u, 2>,
  kept_strides: array<vec4u, 2>,
  reduced_shape: array<vec4u, 2>,
  reduced_strides: array<vec4u, 2>,
  kept_rank: u32,
  reduced_rank: u32,
  outputs: u32,
  parts: u32,
  steps: u32,       // values of an output element, or vec4s of them
  count: f32,       // values of an output element
  correction: f32,
}

// sum, mean, prod: a = sum, or product. max, min, argmax, argmin: a = best value, index = its position.
// var, std: a = mean (less the pivot), b = sum of squared deviations, c = count. logSumExp: a = largest, b = sum of exp(x - a).
struct State {
  a: Element,
  b: Element,
  c: Element,
  index: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read_write> states: array<State>;
@group(0) @binding(2) var<storage, read_write> out: array<Result>;
@group(0) @binding(3) var<uniform> params: Params;

const SUM = 0u;
const MEAN = 1u;
const MAX = 2u;
const MIN = 3u;
const VAR = 4u;
const STD = 5u;
const LOG_SUM_EXP = 6u;
const ARGMAX = 7u;
const ARGMIN = 8u;
const PROD = 9u;

const LOWEST = -3.4028234e38;

fn is_nan(value: Element) -> bool {
  return (bitcast<u32>(f32(value)) & 0x7fffffffu) > 0x7f800000u;
}

// The state of one value.
fn single(value: Element, index: u32) -> State {
  switch OP {
    case VAR, STD: { return State(value, Element(0), Element(1), index); }
    case LOG_SUM_EXP: {
      let largest = max(f32(value), LOWEST);
      return State(Element(largest), Element(exp(f32(value) - largest)), Element(0), index);
    }
    default: { return State(value, Element(0), Element(0), index); }
  }
}

fn better(a: State, b: State, b_beats: bool) -> State {
  let ties = (a.a == b.a) || (is_nan(a.a) && is_nan(b.a));
  let takes_b = select(!is_nan(a.a) && (is_nan(b.a) || b_beats), b.index < a.index, ties);
  return State(select(a.a, b.a, takes_b), Element(0), Element(0), select(a.index, b.index, takes_b));
}

// Means and squared deviations of two sets, put together (Chan, Golub and LeVeque 1979).
fn merge_moments(a: State, b: State) -> State {
  let count = f32(a.c) + f32(b.c);
  let delta = f32(b.a) - f32(a.a);
  let mean = f32(a.a) + delta * (f32(b.c) / count);
  let squares = f32(a.b) + f32(b.b) + delta * delta * (f32(a.c) * f32(b.c) / count);
  return State(Element(mean), Element(squares), Element(count), 0u);
}

fn merge_exponentials(a: State, b: State) -> State {
  let largest = max(f32(a.a), f32(b.a));
  let sum = f32(a.b) * exp(f32(a.a) - largest) + f32(b.b) * exp(f32(b.a) - largest);
  return State(Element(largest), Element(sum), Element(0), 0u);
}

fn combine(a: State, b: State) -> State {
  switch OP {
    case MAX, ARGMAX: { return better(a, b, b.a > a.a); }
    case MIN, ARGMIN: { return better(a, b, b.a < a.a); }
    case PROD: { return State(a.a * b.a, Element(0), Element(0), 0u); }
    case VAR, STD: { return merge_moments(a, b); }
    case LOG_SUM_EXP: { return merge_exponentials(a, b); }
    default: { return State(a.a + b.a, Element(0), Element(0), 0u); }
  }
}

fn finish(state: State) -> Result {
  switch OP {
    case MEAN: { return Result(f32(state.a) / params.count); }
    case VAR: { return Result(f32(state.b) / max(params.count - params.correction, 0.0)); }
    case STD: { return Result(sqrt(f32(state.b) / max(params.count - params.correction, 0.0))); }
    case LOG_SUM_EXP: { return Result(f32(state.a) + log(f32(state.b))); }
    case ARGMAX, ARGMIN: { return Result(state.index); }
    default: { return Result(state.a); }
  }
}

fn kept_offset(output: u32) -> u32 {
  var rest = output;
  var offset = 0u;
  for (var axis = params.kept_rank; axis > 0u; axis--) {
    let extent = params.kept_shape[(axis - 1u) / 4u][(axis - 1u) % 4u];
    offset += (rest % extent) * params.kept_strides[(axis - 1u) / 4u][(axis - 1u) % 4u];
    rest = rest / extent;
  }
  return offset;
}

fn reduced_offset(position: u32) -> u32 {
  var rest = position;
  var offset = 0u;
  for (var axis = params.reduced_rank; axis > 1u; axis--) {
    let extent = params.reduced_shape[(axis - 1u) / 4u][(axis - 1u) % 4u];
    offset += (rest % extent) * params.reduced_strides[(axis - 1u) / 4u][(axis - 1u) % 4u];
    rest = rest / extent;
  }
  return offset + rest * params.reduced_strides[0][0];
}

// Four neighbouring values, the first at `position`.
fn quad(values: vec4<Element>, position: u32) -> State {
  let low = combine(single(values.x, position), single(values.y, position + 1u));
  let high = combine(single(values.z, position + 2u), single(values.w, position + 3u));
  return combine(low, high);
}

fn value_at(base: u32, step: u32, pivot: Element) -> State {
  if (VECTORS) {
    return quad(x[(base + reduced_offset(step * 4u)) / 4u] - pivot, step * 4u);
  }
  let at = base + reduced_offset(step);
  return single(x[at / 4u][at % 4u] - pivot, step);
}

// What variances are computed relative to: a large common part of all values would eat up the digits of their spread.
fn pivot_of(base: u32) -> Element {
  return select(Element(0), x[base / 4u][base % 4u], OP == VAR || OP == STD);
}

// Up to BLOCK values of a part, in order. Sums grow block by block, so that a long one is off by about BLOCK + n / BLOCK
// roundings, not n.
const BLOCK = 64u;

fn reduce_block(base: u32, first: u32, pivot: Element) -> State {
  var state = value_at(base, first, pivot);
  let end = min(params.steps, first + BLOCK * params.parts);
  for (var step = first + params.parts; step < end; step += params.parts) {
    state = combine(state, value_at(base, step, pivot));
  }
  return state;
}

fn reduce_part(output: u32, part: u32) -> State {
  let base = kept_offset(output);
  let pivot = pivot_of(base);
  var state = reduce_block(base, part, pivot);
  for (var first = part + BLOCK * params.parts; first < params.steps; first += BLOCK * params.parts) {
    state = combine(state, reduce_block(base, first, pivot));
  }
  return state;
}

fn merge_block(first: u32, end: u32) -> State {
  var state = states[first];
  for (var at = first + 1u; at < min(end, first + BLOCK); at++) {
    state = combine(state, states[at]);
  }
  return state;
}

// One invocation an output element.
@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let output = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (output < params.outputs) {
    out[output] = finish(reduce_part(output, 0u));
  }
}

// One invocation a part of an output element.
@compute @workgroup_size(64, 1, 1)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.outputs * params.parts) {
    let output = select(index % params.outputs, index / params.parts, PARTS_FIRST);
    let part = select(index / params.outputs, index % params.parts, PARTS_FIRST);
    states[output * params.parts + part] = reduce_part(output, part);
  }
}

// One invocation an output element.
@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let output = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (output < params.outputs) {
    let start = output * params.parts;
    let end = start + params.parts;
    var state = merge_block(start, end);
    for (var first = start + BLOCK; first < end; first += BLOCK) {
      state = combine(state, merge_block(first, end));
    }
    out[output] = finish(state);
  }
}
