// out = x convolved with the filters: x is [batch, channels, height, width], weight [filters, channels, kernel height, kernel width].
//
// Changes: the weights are first laid out in tiles of eight filters, and an invocation computes four columns of eight filters.
// Why: the weights of eight filters at one kernel place come as two vec4s: 6 loads make 32 multiply-adds. Packing reads the
// weights once, and they are few. CPU-backed adapters gain most, as for them a vec4 is one access to check, not four.
// Tiling: `pack` writes [tile][channel][kernel row][kernel column][8]; in `main` 64 invocations compute neighbouring runs of four columns.
// Cost: 2 flops a position, filter and weight; 4 loads and 2 vec4 loads for 32 multiply-adds.

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
  filter_tiles: u32,  // of eight
  tiles: u32,         // runs by eight filters, in all
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

fn weight_at(filter_index: u32, tap: u32, taps: u32) -> f32 {
  return select(0.0, weight[filter_index * taps + tap], filter_index < params.filters);
}

@compute @workgroup_size(64, 1, 1)
fn pack(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let taps = params.channels * params.kernel_height * params.kernel_width;
  if (index >= params.filter_tiles * taps * 2u) {
    return;
  }
  let tap = index / 2u % taps;
  let first = index / 2u / taps * 8u + index % 2u * 4u;
  packed[index] = vec4f(
    weight_at(first, tap, taps), weight_at(first + 1u, tap, taps), weight_at(first + 2u, tap, taps), weight_at(first + 3u, tap, taps)
  );
}

// Zero in the padding, where the unsigned difference is huge.
fn value(start: u32, column: u32, kx: u32) -> f32 {
  let source_x = column * params.stride_x + kx - params.padding_x;
  return select(0.0, x[start + source_x], source_x < params.width);
}

fn store(filter_index: u32, at: u32, column: u32, values: vec4f) {
  let plane = params.out_height * params.out_width;
  if (column < params.out_width) {
    if (filter_index < params.filters) { out[at] = values.x; }
    if (filter_index + 1u < params.filters) { out[at + plane] = values.y; }
    if (filter_index + 2u < params.filters) { out[at + 2u * plane] = values.z; }
    if (filter_index + 3u < params.filters) { out[at + 3u * plane] = values.w; }
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
  let tile = index / (params.runs * params.out_height) % params.filter_tiles;
  let image = index / (params.runs * params.out_height * params.filter_tiles);
  var at_weight = tile * params.channels * params.kernel_height * params.kernel_width * 2u;
  // Columns 0 to 3, filters 0 to 3 (a) and 4 to 7 (b).
  var a0 = vec4f(0.0);
  var a1 = vec4f(0.0);
  var a2 = vec4f(0.0);
  var a3 = vec4f(0.0);
  var b0 = vec4f(0.0);
  var b1 = vec4f(0.0);
  var b2 = vec4f(0.0);
  var b3 = vec4f(0.0);
  for (var channel = 0u; channel < params.channels; channel++) {
    for (var ky = 0u; ky < params.kernel_height; ky++) {
      let source_y = row * params.stride_y + ky - params.padding_y;
      if (source_y >= params.height) {
        at_weight += params.kernel_width * 2u;
        continue;
      }
      let start = ((image * params.channels + channel) * params.height + source_y) * params.width;
      for (var kx = 0u; kx < params.kernel_width; kx++) {
        let a = packed[at_weight];
        let b = packed[at_weight + 1u];
        at_weight += 2u;
        let v = vec4f(value(start, column, kx), value(start, column + 1u, kx), value(start, column + 2u, kx), value(start, column + 3u, kx));
        a0 += v.x * a;
        b0 += v.x * b;
        a1 += v.y * a;
        b1 += v.y * b;
        a2 += v.z * a;
        b2 += v.z * b;
        a3 += v.w * a;
        b3 += v.w * b;
      }
    }
  }
  let plane = params.out_height * params.out_width;
  let filter_index = tile * 8u;
  let at = (image * params.filters + filter_index) * plane + row * params.out_width + column;
  let at_b = at + 4u * plane;
  store(filter_index, at, column, a0);
  store(filter_index, at + 1u, column + 1u, a1);
  store(filter_index, at + 2u, column + 2u, a2);
  store(filter_index, at + 3u, column + 3u, a3);
  store(filter_index + 4u, at_b, column, b0);
  store(filter_index + 4u, at_b + 1u, column + 1u, b1);
  store(filter_index + 4u, at_b + 2u, column + 2u, b2);
  store(filter_index + 4u, at_b + 3u, column + 3u, b3);
}
