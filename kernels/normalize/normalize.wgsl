// `main`: out = (x - mean) / sqrt(variance + eps) * weight + bias, with the statistics of each value's group.
// `gradient_input`: gradInput = factor * (gradient * weight - gradient_mean - (x - mean) * slope), with the coefficients
// that moments.wgsl leaves for each group: the gradient of `main` with respect to x, statistics included.
//
// x is [blocks, groups, inner] for the statistics, [.., channels, step] for weight and bias.
//
// Tiling: one invocation writes one vec4; the tail of the last vec4 lies in the buffers' padding.
// Cost: 5 flops and 8 bytes moved an element; 6 and 12 for the gradient.

// A vec4 of x never crosses the end of a group.
override VECTORS: bool = false;
override HAS_WEIGHT: bool = false;
override HAS_BIAS: bool = false;
// What the channel of a value is: 0 its group, 1 its place inside the group, 2 neither.
override CHANNEL: u32 = 0u;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  groups: u32,
  inner: u32,
  channels: u32,
  step: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Where four neighbouring values belong.
struct Membership {
  groups: vec4u,
  channels: vec4u,
}

fn membership(first: u32) -> Membership {
  let places = first + vec4u(0u, 1u, 2u, 3u);
  var rows = vec4u(first / params.inner);
  if (!VECTORS) {
    rows = places / params.inner;
  }
  let groups = rows % params.groups;
  switch CHANNEL {
    case 0u: { return Membership(groups, groups); }
    case 1u: { return Membership(groups, places - rows * params.inner); }
    default: { return Membership(groups, places / params.step % params.channels); }
  }
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.vectors) {
    return;
  }
  let at = membership(index * 4u);
  let g = at.groups;
  let c = at.channels;
  var centres = vec4f(mean[g.x]);
  var variances = vec4f(variance[g.x]);
  if (!VECTORS) {
    centres = vec4f(mean[g.x], mean[g.y], mean[g.z], mean[g.w]);
    variances = vec4f(variance[g.x], variance[g.y], variance[g.z], variance[g.w]);
  }
  var result = (x[index] - centres) * inverseSqrt(variances + params.eps);
  if (HAS_WEIGHT) {
    result *= vec4f(weight[c.x], weight[c.y], weight[c.z], weight[c.w]);
  }
  if (HAS_BIAS) {
    result += vec4f(bias[c.x], bias[c.y], bias[c.z], bias[c.w]);
  }
  out[index] = result;
}

@compute @workgroup_size(64, 1, 1)
fn gradient_input(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.vectors) {
    return;
  }
  let at = membership(index * 4u);
  let g = at.groups;
  let c = at.channels;
  // One coefficient a column, one value a row.
  let own = coefficients[g.x];
  var by_value = mat4x4f(vec4f(own.x), vec4f(own.y), vec4f(own.z), vec4f(own.w));
  if (!VECTORS) {
    by_value = transpose(mat4x4f(own, coefficients[g.y], coefficients[g.z], coefficients[g.w]));
  }
  var weighted = gradient[index];
  if (HAS_WEIGHT && CHANNEL != 0u) {
    weighted *= vec4f(weight[c.x], weight[c.y], weight[c.z], weight[c.w]);
  }
  out[index] = by_value[1] * (weighted - by_value[2] - (x[index] - by_value[0]) * by_value[3]);
}
