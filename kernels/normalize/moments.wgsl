// Mean and sum of squared deviations of each group of x; PAIRED, also the mean of its gradient and the sum of the products
// of both deviations: all that a normalisation needs, forward or backward, from one pass.
//
// x is [blocks, groups, inner]: a group owns `inner` neighbouring values in every block.
//
// Tiling: `partial` shares a group between `parts` invocations, each of which runs over four values at a time and keeps
// four running states (Welford 1962). `merge` combines up to 64 states an invocation (Chan, Golub and LeVeque 1979) where
// there are more than 64; `finish` or `finish_gradient` combines the rest. No atomics, no barriers, always the same rounding.
// Cost: 5 flops and 4 bytes read a value, 9 and 8 PAIRED.
//
// Nothing is a difference of two large sums, and all values are taken relative to the first one of their group. It is no
// farther from the mean than sqrt(count) standard deviations, so a large mean costs no digits.

// A vec4 of x never crosses the end of a group, nor that of a channel unless each place in a group is one (CHANNEL 1).
override VECTORS: bool = false;
// Neighbouring invocations share a group; otherwise they take neighbouring groups.
override PARTS_FIRST: bool = true;
override PAIRED: bool = false;
override HAS_WEIGHT: bool = false;
// What the channel of a value is: 0 its group, 1 its place inside the group, 2 neither (a group is a run of channels then).
override CHANNEL: u32 = 0u;

struct Params {
  groups: u32,
  inner: u32,
  channels: u32,
  step: u32,          // neighbouring values of one channel
  count: u32,         // values of a group
  parts: u32,
  hop_blocks: u32,    // 4 * parts values further on: so many blocks ...
  hop_inner: u32,     // ... and places
  first: u32,         // where the states to be combined begin, in rows of `groups`
  sources: u32,       // how many there are of a group
  targets: u32,       // how many are left of them, behind the sources
  eps: f32,
}

struct State {
  count: f32,
  mean: f32,          // less the group's first value
  squares: f32,       // sum of (x - mean)^2
  gradient_mean: f32,
  products: f32,      // sum of (x - mean) (gradient - gradient_mean)
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> states: array<State>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> variance: array<f32>;
// mean, factor, gradient_mean, slope: gradInput = factor * (gradient - gradient_mean - (x - mean) * slope).
@group(0) @binding(6) var<storage, read_write> coefficients: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradWeight: array<f32>;
@group(0) @binding(8) var<storage, read_write> gradBias: array<f32>;
@group(0) @binding(9) var<uniform> params: Params;

const FAN_IN = 64u;

fn values_at(places: vec4u) -> vec4f {
  if (VECTORS) {
    return x[places.x / 4u];
  }
  return vec4f(
    x[places.x / 4u][places.x % 4u], x[places.y / 4u][places.y % 4u], x[places.z / 4u][places.z % 4u], x[places.w / 4u][places.w % 4u]
  );
}

fn gradients_at(places: vec4u) -> vec4f {
  if (VECTORS) {
    return gradient[places.x / 4u];
  }
  return vec4f(
    gradient[places.x / 4u][places.x % 4u], gradient[places.y / 4u][places.y % 4u],
    gradient[places.z / 4u][places.z % 4u], gradient[places.w / 4u][places.w % 4u]
  );
}

// The first value of a group.
fn origin_of(group_index: u32) -> f32 {
  let place = group_index * params.inner;
  return x[place / 4u][place % 4u];
}

// The weights of four values; 1 where a whole group has one weight, which `finish_gradient` brings in.
fn weights_at(first_channel: u32, offsets: vec4u) -> vec4f {
  if (!HAS_WEIGHT || CHANNEL == 0u) {
    return vec4f(1.0);
  }
  if (VECTORS && CHANNEL == 1u) {
    return weight[offsets.x / 4u];
  }
  var c = offsets;
  if (CHANNEL == 2u) {
    c = first_channel + offsets / params.step;
  }
  if (VECTORS) {
    return vec4f(weight[c.x / 4u][c.x % 4u]);
  }
  return vec4f(weight[c.x / 4u][c.x % 4u], weight[c.y / 4u][c.y % 4u], weight[c.z / 4u][c.z % 4u], weight[c.w / 4u][c.w % 4u]);
}

fn combine(a: State, b: State) -> State {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let distance = b.mean - a.mean;
  let gradient_distance = b.gradient_mean - a.gradient_mean;
  return State(
    count,
    a.mean + distance * share,
    a.squares + b.squares + distance * distance * (a.count * share),
    a.gradient_mean + gradient_distance * share,
    a.products + b.products + distance * gradient_distance * (a.count * share)
  );
}

// The states from number `from` of a group, at most `limit` of them, as one.
fn combined(group_index: u32, from_slot: u32, limit: u32) -> State {
  let end = min(from_slot + limit, params.sources);
  var state = states[(params.first + from_slot) * params.groups + group_index];
  for (var slot = from_slot + 1u; slot < end; slot++) {
    state = combine(state, states[(params.first + slot) * params.groups + group_index]);
  }
  return state;
}

// One invocation a part of a group.
@compute @workgroup_size(64, 1, 1)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.groups * params.parts) {
    return;
  }
  let group_index = select(index % params.groups, index / params.parts, PARTS_FIRST);
  let part = select(index / params.groups, index % params.parts, PARTS_FIRST);
  let lanes = vec4u(0u, 1u, 2u, 3u);
  // VECTORS: only the first of four neighbours is followed.
  var positions = select(part + params.parts * lanes, vec4u(part * 4u), VECTORS);
  var blocks = positions / params.inner;
  var offsets = positions % params.inner;
  let origin = origin_of(group_index);
  let first_channel = group_index * params.inner / params.step % params.channels;
  var counts = vec4f(0.0);
  var means = vec4f(0.0);
  var squares = vec4f(0.0);
  var gradient_means = vec4f(0.0);
  var products = vec4f(0.0);
  for (var turn = 1u; positions.x < params.count; turn++) {
    // Past the end of the group, a value that changes nothing: the mean itself.
    let inside = select(positions < vec4u(params.count), vec4<bool>(true), VECTORS);
    let places = (blocks * params.groups + group_index) * params.inner + offsets;
    let values = select(means, values_at(places) - origin, inside);
    let share = 1.0 / f32(turn);
    let distances = values - means;
    counts += select(vec4f(0.0), vec4f(1.0), inside);
    means += distances * share;
    squares += distances * (values - means);
    if (PAIRED) {
      let gradients = select(gradient_means, gradients_at(places) * weights_at(first_channel, offsets), inside);
      gradient_means += (gradients - gradient_means) * share;
      products += distances * (gradients - gradient_means);
    }
    positions += 4u * params.parts;
    offsets += params.hop_inner;
    let carries = select(vec4u(0u), vec4u(1u), offsets >= vec4u(params.inner));
    offsets -= carries * params.inner;
    blocks += carries + params.hop_blocks;
  }
  states[part * params.groups + group_index] = combine(
    combine(
      State(counts.x, means.x, squares.x, gradient_means.x, products.x),
      State(counts.y, means.y, squares.y, gradient_means.y, products.y)
    ),
    combine(
      State(counts.z, means.z, squares.z, gradient_means.z, products.z),
      State(counts.w, means.w, squares.w, gradient_means.w, products.w)
    )
  );
}

// One invocation for 64 states of a group.
@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.groups * params.targets) {
    let slot = index / params.groups;
    states[params.groups * (params.first + params.sources) + index] = combined(index % params.groups, slot * FAN_IN, FAN_IN);
  }
}

// One invocation a group: mean and biased variance of x.
@compute @workgroup_size(64, 1, 1)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.groups) {
    let state = combined(index, 0u, FAN_IN);
    mean[index] = select(0.0, origin_of(index) + state.mean, state.count > 0.0);
    variance[index] = state.squares / max(state.count, 1.0);
  }
}

// One invocation a group: what the gradient of its values is made of and, where a group has one weight, its gradient too.
@compute @workgroup_size(64, 1, 1)
fn finish_gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.groups) {
    return;
  }
  let state = combined(index, 0u, FAN_IN);
  let count = max(state.count, 1.0);
  let inverse_std = inverseSqrt(state.squares / count + params.eps);
  var factor = inverse_std;
  if (HAS_WEIGHT && CHANNEL == 0u) {
    factor *= weight[index / 4u][index % 4u];
    gradWeight[index] = state.products * inverse_std;
    gradBias[index] = state.count * state.gradient_mean;
  }
  let slope = state.products / count * inverse_std * inverse_std;
  coefficients[index] = vec4f(origin_of(index) + state.mean, factor, state.gradient_mean, slope);
}
