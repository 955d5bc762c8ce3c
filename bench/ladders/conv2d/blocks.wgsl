// out = x convolved with the filters: x is [batch, channels, height, width], weight [filters, channels, kernel height, kernel width].
//
// Changes: an invocation computes four neighbouring columns of four filters, in registers.
// Why: a value of x, once loaded, serves four filters, and a weight four positions: 8 loads make 16 multiply-adds. It also shares the
// counting of places, which on CPU-backed adapters takes as long as the arithmetic.
// Tiling: 64 invocations compute neighbouring runs of four columns.
// Cost: 2 flops a position, filter and weight; 8 loads for 16 multiply-adds.

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
  runs: u32,          // of four columns, in a row
  filter_tiles: u32,  // of four
  tiles: u32,         // runs by four filters, in all
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// Zero in the padding, where the unsigned difference is huge.
fn value(start: u32, column: u32, kx: u32) -> f32 {
  let source_x = column * params.stride_x + kx - params.padding_x;
  return select(0.0, x[start + source_x], source_x < params.width);
}

fn store(filter_index: u32, at: u32, column: u32, values: vec4f) {
  if (filter_index < params.filters) {
    if (column < params.out_width) { out[at] = values.x; }
    if (column + 1u < params.out_width) { out[at + 1u] = values.y; }
    if (column + 2u < params.out_width) { out[at + 2u] = values.z; }
    if (column + 3u < params.out_width) { out[at + 3u] = values.w; }
  }
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.tiles) {
    return;
  }
  let column = index % params.runs * 4u;
  let row = index / params.runs % params.out_height;
  let filter_index = index / (params.runs * params.out_height) % params.filter_tiles * 4u;
  let image = index / (params.runs * params.out_height * params.filter_tiles);
  let taps = params.channels * params.kernel_height * params.kernel_width;
  let filters = min(vec4u(filter_index, filter_index + 1u, filter_index + 2u, filter_index + 3u), vec4u(params.filters - 1u)) * taps;
  var tap = 0u;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var channel = 0u; channel < params.channels; channel++) {
    for (var ky = 0u; ky < params.kernel_height; ky++) {
      let source_y = row * params.stride_y + ky - params.padding_y;
      if (source_y >= params.height) {
        tap += params.kernel_width;
        continue;
      }
      let start = ((image * params.channels + channel) * params.height + source_y) * params.width;
      for (var kx = 0u; kx < params.kernel_width; kx++) {
        let v = vec4f(value(start, column, kx), value(start, column + 1u, kx), value(start, column + 2u, kx), value(start, column + 3u, kx));
        s0 += weight[filters.x + tap] * v;
        s1 += weight[filters.y + tap] * v;
        s2 += weight[filters.z + tap] * v;
        s3 += weight[filters.w + tap] * v;
        tap++;
      }
    }
  }
  let plane = params.out_height * params.out_width;
  let at = (image * params.filters + filter_index) * plane + row * params.out_width + column;
  store(filter_index, at, column, s0);
  store(filter_index + 1u, at + plane, column, s1);
  store(filter_index + 2u, at + 2u * plane, column, s2);
  store(filter_index + 3u, at + 3u * plane, column, s3);
}
