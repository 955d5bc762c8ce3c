// One step of stochastic gradient descent, in place:
//
//   g = gradient + weight_decay * parameter
//   MOMENTUM:  momentumBuffer = momentum * momentumBuffer + (1 - dampening) * g
//              g = momentumBuffer;  with NESTEROV  g + momentum * momentumBuffer
//   parameter = parameter - lr * g
//
// Tiling: one invocation updates `run` vec4s, each ABREAST after the last; the tail of the last one lies in the buffers' padding.
// Cost: 4 flops and 12 bytes moved an element; with momentum 7 flops and 20 bytes. NaN propagates.

override ABREAST: u32;
override MOMENTUM: bool = false;
override NESTEROV: bool = false;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  lr: f32,
  momentum: f32,
  gradient_share: f32,  // 1 - dampening
  weight_decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> momentumBuffer: array<vec4f>;  // empty without MOMENTUM
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    let before = parameter[index];
    var g = gradient[index] + params.weight_decay * before;
    if (MOMENTUM) {
      let velocity = params.momentum * momentumBuffer[index] + params.gradient_share * g;
      momentumBuffer[index] = velocity;
      g = select(velocity, g + params.momentum * velocity, NESTEROV);
    }
    parameter[index] = before - params.lr * g;
  }
}
