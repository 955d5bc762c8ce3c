// runningMean = (1 - momentum) * runningMean + momentum * mean, and the same for the variance, in place; the batch's biased
// variance is scaled by `unbiased` = n / (n - 1) first.
//
// Tiling: one invocation changes one vec4; the tail of the last vec4 lies in the buffers' padding.
// Cost: 7 flops and 24 bytes moved a channel.

struct Params {
  vectors: u32,  // ceil(channels / 4)
  momentum: f32,
  unbiased: f32,
}

@group(0) @binding(0) var<storage, read_write> runningMean: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> runningVar: array<vec4f>;
@group(0) @binding(2) var<storage, read> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read> variance: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.vectors) {
    runningMean[index] += params.momentum * (mean[index] - runningMean[index]);
    runningVar[index] += params.momentum * (variance[index] * params.unbiased - runningVar[index]);
  }
}
