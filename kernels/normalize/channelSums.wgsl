// The gradients of weight and bias where a channel is not a group of its own (layer norm, group norm):
//   gradBias[c] = sum of gradient,  gradWeight[c] = sum of gradient * (x - mean) * inverse_std
// over the values of channel c; mean and inverse_std are the first two coefficients of a value's group (moments.wgsl).
//
// x is [rows, channels, step], and a group is `group_channels` neighbouring channels of one row.
//
// Tiling: what lies side by side is taken by vec4s where it can be (FOUR): four channels, or four values of one. `partial` shares
// a unit, such a run of channels or one channel, between `parts` invocations, which run over its items part, part + parts, ...;
// `merge` adds the parts of a unit in order. No atomics, no barriers, always the same rounding.
// Cost: 4 flops and 8 bytes read a value.

// What a unit has side by side: 0 a single value, 1 one value of each of four channels, 2 four values of its channel.
override FOUR: u32 = 0u;
// Neighbouring invocations share a unit; otherwise they take neighbouring units.
override PARTS_FIRST: bool = true;

struct Params {
  units: u32,        // of a row
  step: u32,         // items of a unit that lie side by side
  row_groups: u32,   // groups of a row
  group_units: u32,  // units of a group
  count: u32,        // items of a unit
  parts: u32,
  hop_rows: u32,     // `parts` items further on: so many rows ...
  hop_offset: u32,   // ... and places
}

struct Sums {
  products: vec4f,
  gradients: vec4f,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sums: array<Sums>;
@group(0) @binding(4) var<storage, read_write> gradWeight: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradBias: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

// Without FOUR, all components are the value.
fn values_at(item: u32) -> vec4f {
  if (FOUR == 0u) {
    return vec4f(x[item / 4u][item % 4u]);
  }
  return x[item];
}

fn gradients_at(item: u32) -> vec4f {
  if (FOUR == 0u) {
    return vec4f(gradient[item / 4u][item % 4u]);
  }
  return gradient[item];
}

@compute @workgroup_size(64, 1, 1)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.units * params.parts) {
    return;
  }
  let unit = select(index % params.units, index / params.parts, PARTS_FIRST);
  let part = select(index / params.units, index % params.parts, PARTS_FIRST);
  let row_group = unit / params.group_units;
  var row = part / params.step;
  var offset = part % params.step;
  var products = vec4f(0.0);
  var gradients = vec4f(0.0);
  for (var i = part; i < params.count; i += params.parts) {
    let item = (row * params.units + unit) * params.step + offset;
    let statistics = coefficients[row * params.row_groups + row_group];
    let slopes = gradients_at(item);
    products += slopes * ((values_at(item) - statistics.x) * statistics.y);
    gradients += slopes;
    offset += params.hop_offset;
    row += params.hop_rows;
    if (offset >= params.step) {
      offset -= params.step;
      row++;
    }
  }
  sums[part * params.units + unit] = Sums(products, gradients);
}

@compute @workgroup_size(64, 1, 1)
fn merge(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let unit = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (unit >= params.units) {
    return;
  }
  var products = vec4f(0.0);
  var gradients = vec4f(0.0);
  for (var part = 0u; part < params.parts; part++) {
    products += sums[part * params.units + unit].products;
    gradients += sums[part * params.units + unit].gradients;
  }
  if (FOUR == 1u) {
    for (var i = 0u; i < 4u; i++) {
      gradWeight[unit * 4u + i] = products[i];
      gradBias[unit * 4u + i] = gradients[i];
    }
  } else if (FOUR == 2u) {
    gradWeight[unit] = products.x + products.y + products.z + products.w;
    gradBias[unit] = gradients.x + gradients.y + gradients.z + gradients.w;
  } else {
    gradWeight[unit] = products.x;
    gradBias[unit] = gradients.x;
  }
}
