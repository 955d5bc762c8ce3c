// One step of NAdam (Dozat 2016): Adam with the momentum of Nesterov, in place:
//
//   g = gradient + weight_decay * parameter
//   expAvg   = expAvg   + (1 - beta1) * (g - expAvg)
//   expAvgSq = expAvgSq + (1 - beta2) * (g * g - expAvgSq)
//   parameter = parameter - (gradient_rate * g + momentum_rate * expAvg) / (sqrt(expAvgSq) / root_correction + eps)
//
// with root_correction = sqrt(1 - beta2^step), and the two rates from the schedule of the momentum, from the host.
//
// Tiling: one invocation updates `run` vec4s, each ABREAST after the last; the tail of the last one lies in the buffers' padding.
// Cost: 17 flops and 28 bytes moved an element. NaN propagates.

override ABREAST: u32;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  share1: f32,  // 1 - beta1, which float32 holds more exactly than beta1
  share2: f32,  // 1 - beta2
  gradient_rate: f32,
  momentum_rate: f32,
  root_correction: f32,
  eps: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> expAvg: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> expAvgSq: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    let before = parameter[index];
    let g = gradient[index] + params.weight_decay * before;
    let mean = expAvg[index] + params.share1 * (g - expAvg[index]);
    let mean_square = expAvgSq[index] + params.share2 * (g * g - expAvgSq[index]);
    expAvg[index] = mean;
    expAvgSq[index] = mean_square;
    let denominator = sqrt(mean_square) / params.root_correction + params.eps;
    parameter[index] = before - (params.gradient_rate * g + params.momentum_rate * mean) / denominator;
  }
}
