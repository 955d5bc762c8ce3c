// The gradients of weight and bias where a channel is not a group of its own (layer norm, group norm):
//   gradBias[c] = sum of gradient,  gradWeight[c] = sum of gradient * (x - mean) * inverse_std
// over the values of channel c; mean and inverse_std are the first two coefficients of a value's group (moments.wgsl).
//
// x is [rows, channels, step], and a group is `group_channels` neighbouring channels of one row.
//
// Tiling: `partial` shares a channel between `parts` invocations, which run over the values part, part + parts, ...;
// `merge` adds the parts of a channel in order. No atomics, no barriers, always the same rounding.
// Cost: 4 flops and 8 bytes read a value.

// Neighbouring invocations share a channel; otherwise they take neighbouring channels.
override PARTS_FIRST: bool = true;

struct Params {
  channels: u32,
  step: u32,
  row_groups: u32,   // groups of a row
  group_channels: u32,
  count: u32,        // values of a channel
  parts: u32,
  hop_rows: u32,     // `parts` values further on: so many rows ...
  hop_offset: u32,   // ... and places
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> gradWeight: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradBias: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.channels * params.parts) {
    return;
  }
  let channel = select(index % params.channels, index / params.parts, PARTS_FIRST);
  let part = select(index / params.channels, index % params.parts, PARTS_FIRST);
  let row_group = channel / params.group_channels;
  var row = part / params.step;
  var offset = part % params.step;
  var sum = vec2f(0.0);
  for (var i = part; i < params.count; i += params.parts) {
    let place = (row * params.channels + channel) * params.step + offset;
    let statistics = coefficients[row * params.row_groups + row_group];
    sum += gradient[place] * vec2f((x[place] - statistics.x) * statistics.y, 1.0);
    offset += params.hop_offset;
    row += params.hop_rows;
    if (offset >= params.step) {
      offset -= params.step;
      row++;
    }
  }
  sums[part * params.channels + channel] = sum;
}

@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let channel = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (channel >= params.channels) {
    return;
  }
  var sum = vec2f(0.0);
  for (var part = 0u; part < params.parts; part++) {
    sum += sums[part * params.channels + channel];
  }
  gradWeight[channel] = sum.x;
  gradBias[channel] = sum.y;
}
