// `main`: out = (x - mean) / sqrt(variance + eps) * weight + bias, with the statistics of each value's group.
// `gradient_input`: gradInput = factor * (gradient * weight - gradient_mean - (x - mean) * slope), with the coefficients
// that moments.wgsl leaves for each group: the gradient of `main` with respect to x, statistics included.
//
// x is [blocks, groups, inner] for the statistics, [.., channels, step] for weight and bias.
//
// Tiling: one invocation writes `run` vec4s, each ABREAST after the last; the tail of the last vec4 lies in the buffers' padding.
// VECTORS: a run lies in one group, and in one channel unless that is the place in the group (CHANNEL 1), so that what belongs to
// them is found once a run, or read by vec4s. Otherwise each value is followed through the groups, without a division.
// Cost: 5 flops and 8 bytes moved an element; 6 and 12 for the gradient.

override ABREAST: u32;
override VECTORS: bool = false;
override HAS_WEIGHT: bool = false;
override HAS_BIAS: bool = false;
// What the channel of a value is: 0 its group, 1 its place inside the group, 2 neither.
override CHANNEL: u32 = 0u;

struct Params {
  vectors: u32,     // ceil(elements / 4)
  run: u32,
  groups: u32,
  inner: u32,
  channels: u32,
  step: u32,
  hop_groups: u32,  // 4 ABREAST values further on: so many groups ...
  hop_offset: u32,  // ... and places
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(5) var<storage, read> weight: array<vec4f>;
@group(0) @binding(6) var<storage, read> bias: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Where four neighbouring values belong: their groups, and their places inside those.
struct Four {
  groups: vec4u,
  offsets: vec4u,
}

fn four_at(first: u32) -> Four {
  let places = first + vec4u(0u, 1u, 2u, 3u);
  let rows = places / params.inner;
  return Four(rows % params.groups, places - rows * params.inner);
}

fn four_after(four: Four) -> Four {
  if (VECTORS) {
    return Four(four.groups, four.offsets + 4u * ABREAST);
  }
  let offsets = four.offsets + params.hop_offset;
  let carries = select(vec4u(0u), vec4u(1u), offsets >= vec4u(params.inner));
  let groups = four.groups + params.hop_groups + carries;
  let laps = select(vec4u(0u), vec4u(1u), groups >= vec4u(params.groups));
  return Four(groups - laps * params.groups, offsets - carries * params.inner);
}

fn channels_of(four: Four, index: u32) -> vec4u {
  switch CHANNEL {
    case 0u: { return four.groups; }
    case 1u: { return four.offsets; }
    default: { return (index * 4u + vec4u(0u, 1u, 2u, 3u)) / params.step % params.channels; }
  }
}

// Do the channels change inside a run?
fn crosses_channels() -> bool {
  return !VECTORS || CHANNEL == 1u;
}

fn means_of(g: vec4u) -> vec4f {
  if (VECTORS) {
    return vec4f(mean[g.x]);
  }
  return vec4f(mean[g.x], mean[g.y], mean[g.z], mean[g.w]);
}

fn inverse_stds_of(g: vec4u) -> vec4f {
  if (VECTORS) {
    return vec4f(inverseSqrt(variance[g.x] + params.eps));
  }
  return inverseSqrt(vec4f(variance[g.x], variance[g.y], variance[g.z], variance[g.w]) + params.eps);
}

// One coefficient a column, one value a row.
fn coefficients_of(g: vec4u) -> mat4x4f {
  let own = coefficients[g.x];
  if (VECTORS) {
    return mat4x4f(vec4f(own.x), vec4f(own.y), vec4f(own.z), vec4f(own.w));
  }
  return transpose(mat4x4f(own, coefficients[g.y], coefficients[g.z], coefficients[g.w]));
}

fn weights_of(c: vec4u) -> vec4f {
  if (VECTORS && CHANNEL == 1u) {
    return weight[c.x / 4u];
  }
  if (VECTORS) {
    return vec4f(weight[c.x / 4u][c.x % 4u]);
  }
  return vec4f(weight[c.x / 4u][c.x % 4u], weight[c.y / 4u][c.y % 4u], weight[c.z / 4u][c.z % 4u], weight[c.w / 4u][c.w % 4u]);
}

fn biases_of(c: vec4u) -> vec4f {
  if (VECTORS && CHANNEL == 1u) {
    return bias[c.x / 4u];
  }
  if (VECTORS) {
    return vec4f(bias[c.x / 4u][c.x % 4u]);
  }
  return vec4f(bias[c.x / 4u][c.x % 4u], bias[c.y / 4u][c.y % 4u], bias[c.z / 4u][c.z % 4u], bias[c.w / 4u][c.w % 4u]);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  let end = min(first + ABREAST * params.run, params.vectors);
  if (first >= end) {
    return;
  }
  var four = four_at(first * 4u);
  var centres = means_of(four.groups);
  var factors = inverse_stds_of(four.groups);
  var weights = vec4f(1.0);
  var biases = vec4f(0.0);
  for (var index = first; index < end; index += ABREAST) {
    if (!VECTORS) {
      centres = means_of(four.groups);
      factors = inverse_stds_of(four.groups);
    }
    if (crosses_channels() || index == first) {
      let channels = channels_of(four, index);
      if (HAS_WEIGHT) {
        weights = weights_of(channels);
      }
      if (HAS_BIAS) {
        biases = biases_of(channels);
      }
    }
    out[index] = (x[index] - centres) * factors * weights + biases;
    four = four_after(four);
  }
}

@compute @workgroup_size(64, 1, 1)
fn gradient_input(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  let end = min(first + ABREAST * params.run, params.vectors);
  if (first >= end) {
    return;
  }
  var four = four_at(first * 4u);
  var by_value = coefficients_of(four.groups);
  var weights = vec4f(1.0);
  for (var index = first; index < end; index += ABREAST) {
    if (!VECTORS) {
      by_value = coefficients_of(four.groups);
    }
    // Where the channel is the group, its weight is in the coefficients.
    if (HAS_WEIGHT && CHANNEL != 0u && (crosses_channels() || index == first)) {
      weights = weights_of(channels_of(four, index));
    }
    out[index] = by_value[1] * (gradient[index] * weights - by_value[2] - (x[index] - by_value[0]) * by_value[3]);
    four = four_after(four);
  }
}
