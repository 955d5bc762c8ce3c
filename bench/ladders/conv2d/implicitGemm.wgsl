// out = x convolved with the filters: x is [batch, channels, height, width], weight [filters, channels, kernel height, kernel width].
//
// Changes: a matrix product: the weights as [filters, taps] by x as [taps, positions], which is never written down.
// Why: what is known of matrix products now helps convolutions of every shape. im2col would copy each value of x once for each
// kernel place; here a workgroup computes where the values of a tile lie as it loads them. On GPUs workgroup memory makes up for that;
// CPU-backed adapters pay for its barriers, and for the divisions that find the places.
// Tiling: 16 x 16 invocations compute 16 filters at 16 positions, one element each; taps are walked by 16.
// Cost: 2 flops a position, filter and weight; x is read filters / 16 times a kernel place, weights positions / 16 times; two barriers a tile.

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
  positions: u32,   // of all images
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> tile_weight: array<f32, 256>;
var<workgroup> tile_x: array<f32, 256>;

// Row `tap` and column `position` of x as a matrix; zero in the padding, where the unsigned difference is huge, and past its end.
fn value(tap: u32, position: u32) -> f32 {
  let kx = tap % params.kernel_width;
  let ky = tap / params.kernel_width % params.kernel_height;
  let channel = tap / (params.kernel_width * params.kernel_height);
  let column = position % params.out_width;
  let row = position / params.out_width % params.out_height;
  let image = position / (params.out_width * params.out_height);
  let source_y = row * params.stride_y + ky - params.padding_y;
  let source_x = column * params.stride_x + kx - params.padding_x;
  let at = ((image * params.channels + channel) * params.height + source_y) * params.width + source_x;
  let inside = channel < params.channels && position < params.positions && source_y < params.height && source_x < params.width;
  return select(0.0, x[at], inside);
}

@compute @workgroup_size(16, 16, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let filter_index = group.y * 16u + local.y;
  let position = group.x * 16u + local.x;
  let taps = params.channels * params.kernel_height * params.kernel_width;
  var sum = 0.0;
  for (var first = 0u; first < taps; first += 16u) {
    let tap = first + local.x;
    tile_weight[lane] = select(0.0, weight[filter_index * taps + tap], filter_index < params.filters && tap < taps);
    tile_x[lane] = value(first + local.y, position);
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      sum += tile_weight[local.y * 16u + k] * tile_x[k * 16u + local.x];
    }
    workgroupBarrier(); // nobody overwrites a tile that another still reads
  }
  if (filter_index < params.filters && position < params.positions) {
    let plane = params.out_height * params.out_width;
    out[(position / plane * params.filters + filter_index) * plane + position % plane] = sum;
  }
}
