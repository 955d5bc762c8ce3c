// One step of Adadelta (Zeiler 2012), in place:
//
//   g = gradient + weight_decay * parameter
//   squareAvg = squareAvg + (1 - rho) * (g * g - squareAvg)
//   delta     = g * sqrt(accDelta + eps) / sqrt(squareAvg + eps)
//   accDelta  = accDelta + (1 - rho) * (delta * delta - accDelta)
//   parameter = parameter - lr * delta
//
// Tiling: one invocation updates `run` vec4s, each ABREAST after the last; the tail of the last one lies in the buffers' padding.
// Cost: 16 flops and 28 bytes moved an element. NaN propagates.

override ABREAST: u32;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  lr: f32,
  share: f32,  // 1 - rho, which float32 holds more exactly than rho
  eps: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> squareAvg: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> accDelta: array<vec4f>;
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
    let square = squareAvg[index] + params.share * (g * g - squareAvg[index]);
    squareAvg[index] = square;
    let delta = g * sqrt(accDelta[index] + params.eps) / sqrt(square + params.eps);
    accDelta[index] = accDelta[index] + params.share * (delta * delta - accDelta[index]);
    parameter[index] = before - params.lr * delta;
  }
}
