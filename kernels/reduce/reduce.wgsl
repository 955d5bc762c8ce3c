// out = a reduction of x over some of its axes.
//
// Everything is done on four lanes at once. Where the innermost axis is reduced they are neighbouring values (VALUES), put
// together at the end; where it is kept they are neighbouring outputs (OUTPUTS); if it is no whole number of vec4s, one lane
// counts (ONE). Extents, strides and steps are of vec4s, or of single values with one lane.
//
// Tiling: `parts` invocations share an output (or four). A `team` of them walks side by side through a chunk of neighbouring
// steps, so that what is read at a time lies together: good for a GPU's wide loads, and for a CPU's cache. With one part,
// `main` writes the result at once; otherwise `partial` leaves a State a part, and `merge` combines those of an output. No
// atomics, no barriers, always the same rounding. Neighbouring invocations read neighbouring values: parts run fastest where
// the innermost axis is reduced, outputs where it is kept. Along the innermost reduced axis a step costs only additions; the
// position is divided into axes once a block.
// Cost: 1 flop (variance 5, logSumExp 2 exponentials) and 4 bytes read a value.
//
// NaN wins in max, min, argmax and argmin, by its bits. Of equal values argmax and argmin take the first. The variance of an
// infinity is NaN, by its bits too: running means would take it for infinite.

override OP: u32;
// Parts run fastest.
override PARTS_FIRST: bool = true;
override LANES: u32 = 0;
// Four steps at a time, so that as many loads are under way: for real GPUs. Adapters on a CPU gain nothing, and compile for twice as long.
override UNROLLED: bool = true;

const ONE = 0u;
const VALUES = 1u;
const OUTPUTS = 2u;

alias Element = f32; // tile
alias Result = f32; // tile

struct Params {
  kept_shape: array<vec4u, 2>,
  kept_strides: array<vec4u, 2>,
  outer_shape: array<vec4u, 2>,    // of the reduced axes, but the innermost
  outer_strides: array<vec4u, 2>,
  kept_rank: u32,
  outer_rank: u32,
  inner: u32,         // extent of the innermost reduced axis
  inner_stride: u32,
  outputs: u32,       // or fours of them
  parts: u32,
  team: u32,
  chunk: u32,         // steps that a team shares, at least `team`
  longer: u32,        // as many teams, the first ones, have one more
  count: f32,         // values of an output
  correction: f32,
}

// sum, mean, prod: a = sum, or product. max, min, argmax, argmin: a = best value, index = its position.
// var, std: a = mean (less the pivot), b = sum of squared deviations, c = count. logSumExp: a = largest, b = sum of exp(x - a).
struct State {
  a: vec4<Element>,
  b: vec4<Element>,
  c: vec4<Element>,
  index: vec4u,
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

// Finite stand-ins for the infinities, whose differences would be NaN.
const LOWEST = -3.4028234e38;
const HIGHEST = 3.4028234e38;

fn is_nan(values: vec4<Element>) -> vec4<bool> {
  return (bitcast<vec4u>(vec4f(values)) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

fn sole(a: vec4<Element>) -> State {
  return State(a, vec4<Element>(), vec4<Element>(), vec4u());
}

// Each lane's value as the largest, and the exponential of what it has beyond: 1, but for infinities and NaN.
fn exponential(values: vec4<Element>) -> State {
  let v = vec4f(values);
  let largest = min(max(v, vec4f(LOWEST)), vec4f(HIGHEST));
  let beyond = select(select(vec4f(1.0), vec4f(0.0), v < vec4f(LOWEST)), v, v > vec4f(HIGHEST));
  return State(vec4<Element>(largest), select(vec4<Element>(beyond), values, is_nan(values)), vec4<Element>(), vec4u());
}

// 0, but NaN where a value is none or infinite.
fn spoiled(values: vec4<Element>) -> vec4<Element> {
  let bits = bitcast<vec4u>(vec4f(values));
  let not_a_number = vec4<Element>(bitcast<vec4f>(bits | vec4u(0x7fc00000u)));
  return select(vec4<Element>(), not_a_number, (bits & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
}

// The state of one value a lane.
fn single(values: vec4<Element>, pivot: vec4<Element>, index: vec4u) -> State {
  switch OP {
    case VAR, STD: { return State(values - pivot, spoiled(values), vec4<Element>(1), index); }
    case LOG_SUM_EXP: { return exponential(values); }
    default: { return State(values, vec4<Element>(), vec4<Element>(), index); }
  }
}

fn better(a: State, b: State, b_beats: vec4<bool>) -> State {
  let ties = (a.a == b.a) | (is_nan(a.a) & is_nan(b.a));
  let takes_b = select(!is_nan(a.a) & (is_nan(b.a) | b_beats), b.index < a.index, ties);
  return State(select(a.a, b.a, takes_b), vec4<Element>(), vec4<Element>(), select(a.index, b.index, takes_b));
}

// Means and squared deviations of two sets, put together (Chan, Golub and LeVeque 1979).
fn merge_moments(a: State, b: State) -> State {
  let count = vec4f(a.c) + vec4f(b.c);
  let delta = vec4f(b.a) - vec4f(a.a);
  let mean = vec4f(a.a) + delta * (vec4f(b.c) / count);
  let squares = vec4f(a.b) + vec4f(b.b) + delta * delta * (vec4f(a.c) * vec4f(b.c) / count);
  return State(vec4<Element>(mean), vec4<Element>(squares), vec4<Element>(count), vec4u());
}

fn merge_exponentials(a: State, b: State) -> State {
  let largest = max(vec4f(a.a), vec4f(b.a));
  let sum = vec4f(a.b) * exp(vec4f(a.a) - largest) + vec4f(b.b) * exp(vec4f(b.a) - largest);
  return State(vec4<Element>(largest), vec4<Element>(sum), vec4<Element>(), vec4u());
}

fn combine(a: State, b: State) -> State {
  switch OP {
    case MAX, ARGMAX: { return better(a, b, b.a > a.a); }
    case MIN, ARGMIN: { return better(a, b, b.a < a.a); }
    case PROD: { return sole(a.a * b.a); }
    case VAR, STD: { return merge_moments(a, b); }
    case LOG_SUM_EXP: { return merge_exponentials(a, b); }
    default: { return sole(a.a + b.a); }
  }
}

// Adapters take other numbers for the logarithms of 0 and NaN.
fn logarithm(values: vec4<Element>) -> vec4f {
  let v = vec4f(values);
  let above_zero = select(log(v), -1.0 / v, v == vec4f(0.0));
  return select(above_zero, v, is_nan(values));
}

fn finish(state: State) -> vec4<Result> {
  switch OP {
    case MEAN: { return vec4<Result>(vec4f(state.a) / params.count); }
    case VAR: { return vec4<Result>(vec4f(state.b) / max(params.count - params.correction, 0.0)); }
    case STD: { return vec4<Result>(sqrt(vec4f(state.b) / max(params.count - params.correction, 0.0))); }
    case LOG_SUM_EXP: { return vec4<Result>(vec4f(state.a) + logarithm(state.b)); }
    case ARGMAX, ARGMIN: { return vec4<Result>(state.index); }
    default: { return vec4<Result>(state.a); }
  }
}

// All four lanes put together, in the first.
fn fold(state: State) -> State {
  let pairs = combine(state, State(state.a.yyww, state.b.yyww, state.c.yyww, state.index.yyww));
  return combine(pairs, State(pairs.a.zzzz, pairs.b.zzzz, pairs.c.zzzz, pairs.index.zzzz));
}

fn write_out(output: u32, state: State) {
  if (LANES == OUTPUTS) {
    let results = finish(state);
    out[output * 4u] = results.x;
    out[output * 4u + 1u] = results.y;
    out[output * 4u + 2u] = results.z;
    out[output * 4u + 3u] = results.w;
  } else if (LANES == VALUES) {
    out[output] = finish(fold(state)).x;
  } else {
    out[output] = finish(state).x;
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

fn outer_offset(position: u32) -> u32 {
  var rest = position;
  var offset = 0u;
  for (var axis = params.outer_rank; axis > 1u; axis--) {
    let extent = params.outer_shape[(axis - 1u) / 4u][(axis - 1u) % 4u];
    offset += (rest % extent) * params.outer_strides[(axis - 1u) / 4u][(axis - 1u) % 4u];
    rest = rest / extent;
  }
  return offset + rest * params.outer_strides[0][0];
}

fn values_at(place: u32) -> vec4<Element> {
  if (LANES == ONE) {
    return vec4<Element>(x[place / 4u][place % 4u]);
  }
  return x[place];
}

fn state_at(place: u32, step: u32, pivot: vec4<Element>) -> State {
  let index = select(vec4u(step), step * 4u + vec4u(0u, 1u, 2u, 3u), LANES == VALUES);
  return single(values_at(place), pivot, index);
}

// What variances are computed relative to: a large common part of all values would eat up the digits of their spread.
fn pivot_of(base: u32) -> vec4<Element> {
  if (OP != VAR && OP != STD) {
    return vec4<Element>();
  }
  let first = values_at(base);
  return select(first, first.xxxx, LANES == VALUES);
}

// Sums grow block by block, so that a long one of n values is off by about BLOCK + n / BLOCK roundings, not n.
const BLOCK = 64u;

// A part on its way.
struct Walk {
  state: State,
  step: u32,    // the next one
}

// Up to BLOCK steps more and one, or until the innermost reduced axis ends.
fn walk_block(walk: Walk, starts: bool, base: u32, end: u32, pivot: vec4<Element>) -> Walk {
  let hop = params.team;
  let leap = hop * params.inner_stride;
  let inner = walk.step % params.inner;
  let block_end = min(min(end, walk.step - inner + params.inner), walk.step + (BLOCK + 1u) * hop);
  var place = base + outer_offset(walk.step / params.inner) + inner * params.inner_stride;
  var state = state_at(place, walk.step, pivot);
  var at = walk.step + hop;
  place += leap;
  while (UNROLLED && at + 3u * hop < block_end) {
    let near = combine(state_at(place, at, pivot), state_at(place + leap, at + hop, pivot));
    let far = combine(state_at(place + 2u * leap, at + 2u * hop, pivot), state_at(place + 3u * leap, at + 3u * hop, pivot));
    state = combine(state, combine(near, far));
    at += 4u * hop;
    place += 4u * leap;
  }
  while (at < block_end) {
    state = combine(state, state_at(place, at, pivot));
    at += hop;
    place += leap;
  }
  if (starts) {
    return Walk(state, at);
  }
  return Walk(combine(walk.state, state), at);
}

fn reduce_part(output: u32, part: u32) -> State {
  let base = kept_offset(output);
  let pivot = pivot_of(base);
  let team = part / params.team;
  let start = team * params.chunk + min(team, params.longer);
  let end = start + params.chunk + u32(team < params.longer);
  let first = start + part % params.team;
  var walk = Walk(sole(pivot), first);
  while (walk.step < end) {
    walk = walk_block(walk, walk.step == first, base, end, pivot);
  }
  let state = walk.state;
  return State(state.a, state.b, state.c, state.index);  // a copy: wgsl_reflect's executor would hand on the whole walk
}

fn merge_block(first: u32, end: u32) -> State {
  var state = states[first];
  for (var at = first + 1u; at < min(end, first + BLOCK); at++) {
    state = combine(state, states[at]);
  }
  return state;
}

// One invocation an output, or four.
@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let output = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (output < params.outputs) {
    write_out(output, reduce_part(output, 0u));
  }
}

// One invocation a part.
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

// One invocation an output, or four.
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
    write_out(output, state);
  }
}
