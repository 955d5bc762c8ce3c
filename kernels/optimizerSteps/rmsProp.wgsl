// One step of RMSprop (Tieleman and Hinton 2012; centred: Graves 2013), in place:
//
//   g = gradient + weight_decay * parameter
//   squareAvg = squareAvg + (1 - alpha) * (g * g - squareAvg)
//   CENTERED:  gradAvg = gradAvg + (1 - alpha) * (g - gradAvg);  variance = squareAvg - gradAvg^2, else squareAvg
//   u = g / (sqrt(variance) + eps)
//   MOMENTUM:  momentumBuffer = momentum * momentumBuffer + u;  u = momentumBuffer
//   parameter = parameter - lr * u
//
// Tiling: one invocation updates `run` vec4s, each ABREAST after the last; the tail of the last one lies in the buffers' padding.
// Cost: 11 flops and 20 bytes moved an element; CENTERED adds 5 and 8, MOMENTUM 2 and 8.
//
// A variance is no less than 0, but rounding can make it so: it is raised to 0. NaN propagates through g.

override ABREAST: u32;
override CENTERED: bool = false;
override MOMENTUM: bool = false;

struct Params {
  vectors: u32,  // ceil(elements / 4)
  run: u32,
  lr: f32,
  share: f32,  // 1 - alpha, which float32 holds more exactly than alpha
  eps: f32,
  momentum: f32,
  weight_decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> squareAvg: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradAvg: array<vec4f>;         // empty without CENTERED
@group(0) @binding(4) var<storage, read_write> momentumBuffer: array<vec4f>;  // empty without MOMENTUM
@group(0) @binding(5) var<uniform> params: Params;

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
    var variance = square;
    if (CENTERED) {
      let mean = gradAvg[index] + params.share * (g - gradAvg[index]);
      gradAvg[index] = mean;
      variance = max(square - mean * mean, vec4f(0));
    }
    var update = g / (sqrt(variance) + params.eps);
    if (MOMENTUM) {
      update = params.momentum * momentumBuffer[index] + update;
      momentumBuffer[index] = update;
    }
    parameter[index] = before - params.lr * update;
  }
}
