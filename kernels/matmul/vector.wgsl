// out[i] = a[i] times each line of B[i] (+ bias), for every vector i of a batch: lines follow one another in memory, each a whole
// number of vec4s. Batches broadcast: an axis of extent 1 has stride 0.
//
// Tiling: one invocation takes a line, front to back; where lines are few and long, `partial` shares each between `parts` of them,
// and `finish` adds those up. direct.wgsl would walk eight lines at once, which push each other out of a CPU's cache where they lie
// a power of two apart, and compute four rows where there is one. No workgroup memory, no barriers, no atomics.
// Cost: 2 flops and 4 bytes read an element of B.

struct Params {
  batch_shape: array<vec4u, 2>,
  batch_strides_a: array<vec4u, 2>,  // in vec4s, like those of b
  batch_strides_b: array<vec4u, 2>,
  batch_rank: u32,
  lines: u32,
  vectors: u32,  // of a line
  results: u32,  // of the whole batch
  parts: u32,    // of a line
  has_bias: u32,
  relu: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> shares: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// Where vector and lines of both operands start for vector `matrix` of the result.
fn starts(matrix: u32) -> vec2u {
  var rest = matrix;
  var at = vec2u(0u, 0u);
  for (var axis = params.batch_rank; axis > 0u; axis--) {
    let word = (axis - 1u) / 4u;
    let part = (axis - 1u) % 4u;
    let extent = params.batch_shape[word][part];
    at += (rest % extent) * vec2u(params.batch_strides_a[word][part], params.batch_strides_b[word][part]);
    rest = rest / extent;
  }
  return at;
}

// Part `part` of result `index`: every parts-th vec4 of its line, so that neighbours read side by side.
fn product(index: u32, part: u32) -> f32 {
  let start = starts(index / params.lines);
  let line = start.y + index % params.lines * params.vectors;
  var sums = vec4f(0.0);
  for (var k = part; k < params.vectors; k += params.parts) {
    sums += a[start.x + k] * b[line + k];
  }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// With bias, and relu if asked for. NaN is not below 0, and stays.
fn store(index: u32, product: f32) {
  var sum = product;
  if (params.has_bias != 0u) {
    sum += bias[index % params.lines];
  }
  out[index] = select(sum, 0.0, params.relu != 0u && sum <= 0.0);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.results) {
    store(index, product(index, 0u));
  }
}

@compute @workgroup_size(64, 1, 1)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.results * params.parts) {
    shares[index] = product(index / params.parts, index % params.parts);
  }
}

@compute @workgroup_size(64, 1, 1)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.results) {
    var sum = 0.0;
    for (var part = 0u; part < params.parts; part++) {
      sum += shares[index * params.parts + part];
    }
    store(index, sum);
  }
}
