// out[i] = a[i] times each line of B[i] (+ bias), for every vector i of a batch: lines follow one another in memory, each a whole
// number of vec4s. Batches broadcast: an axis of extent 1 has stride 0.
//
// Tiling: one invocation takes a line, front to back. direct.wgsl would walk eight lines at once, which push each other out of a
// CPU's cache where they lie a power of two apart, and compute four rows where there is one. No workgroup memory, no barriers.
// Cost: 2 flops and 4 bytes read an element of B.

struct Params {
  batch_shape: array<vec4u, 2>,
  batch_strides_a: array<vec4u, 2>,  // in vec4s, like those of b
  batch_strides_b: array<vec4u, 2>,
  batch_rank: u32,
  lines: u32,
  vectors: u32,  // of a line
  results: u32,  // of the whole batch
  has_bias: u32,
  relu: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

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

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.results) {
    return;
  }
  let line = index % params.lines;
  let start = starts(index / params.lines);
  let first = start.y + line * params.vectors;
  var sums = vec4f(0.0);
  for (var k = 0u; k < params.vectors; k++) {
    sums += a[start.x + k] * b[first + k];
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  if (params.has_bias != 0u) {
    sum += bias[line];
  }
  // relu, if asked for. NaN is not below 0, and stays.
  out[index] = select(sum, 0.0, params.relu != 0u && sum <= 0.0);
}
