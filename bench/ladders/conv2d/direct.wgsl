// out = x convolved with the filters: x is [batch, channels, height, width], weight [filters, channels, kernel height, kernel width].
//
// Changes: nothing yet: the definition, one element of out an invocation.
// Why: every faster kernel is held against this one. It loads two values for each multiply-add; a value of x is loaded once for each
// filter and kernel place, a weight once for each position.
// Tiling: 64 invocations compute neighbouring elements of out.
// Cost: 2 flops a position, filter and weight; two loads a multiply-add.

struct Params {
  channels: u32,
  height: u32,
  width: u32,
  filters: u32,
  kernel_height: u32,
  kernel_width: u32,
  out_height: u32,
  out_width: u32,
  stride_y: u32,
  stride_x: u32,
  padding_y: u32,
  padding_x: u32,
  size: u32,     // of out
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.size) {
    return;
  }
  let column = index % params.out_width;
  let row = index / params.out_width % params.out_height;
  let filter_index = index / (params.out_width * params.out_height) % params.filters;
  let image = index / (params.out_width * params.out_height * params.filters);
  var sum = 0.0;
  for (var channel = 0u; channel < params.channels; channel++) {
    for (var ky = 0u; ky < params.kernel_height; ky++) {
      // Left of and above the image, the unsigned difference is huge.
      let source_y = row * params.stride_y + ky - params.padding_y;
      for (var kx = 0u; kx < params.kernel_width; kx++) {
        let source_x = column * params.stride_x + kx - params.padding_x;
        if (source_y < params.height && source_x < params.width) {
          let w = weight[((filter_index * params.channels + channel) * params.kernel_height + ky) * params.kernel_width + kx];
          sum += w * x[((image * params.channels + channel) * params.height + source_y) * params.width + source_x];
        }
      }
    }
  }
  out[index] = sum;
}
