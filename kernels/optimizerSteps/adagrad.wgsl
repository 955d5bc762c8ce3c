// One step of Adagrad (Duchi, Hazan and Singer 2011), in place:
//
//   g = gradient + weight_decay * parameter
//   sumSq = sumSq + g * g
//   parameter = parameter - rate * g / (sqrt(sumSq) + eps)
//
// with rate = lr / (1 + (step - 1) * lrDecay) from the host.
//
// Tiling: one invocation updates `run` vec4s, each ABREAST after the last; the tail of the last one lies in the buffers' padding.
// Cost: 9 flops and 20 bytes moved an element. NaN propagates.

override ABREAST: u32;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  rate: f32,
  eps: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sumSq: array<vec4f>;
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
    let g = gradient[index] + params.weight_decay * before;
    let total = sumSq[index] + g * g;
    sumSq[index] = total;
    parameter[index] = before - params.rate * g / (sqrt(total) + params.eps);
  }
}
