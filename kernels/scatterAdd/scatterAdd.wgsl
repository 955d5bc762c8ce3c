// out = x, with source[.., j, ..] added at out[.., index[.., j, ..], ..] (torch.scatter_add, out of place).
//
// Tiling: one invocation an element of out. It walks all entries of index on its own line along the axis, from the
// first to the last, and adds those that point to it: no atomics, so the order of the sum is fixed and the same call
// gives the same bits. An index out of range points to no element.
// Cost: elements of out * entries along the axis index reads, and as many comparisons; 1 flop an entry.

alias Element = f32; // tile

struct Params {
  shape: array<vec4u, 2>,          // of x and out
  entries: array<vec4u, 2>,        // shape of index and source
  entry_strides: array<vec4u, 2>,
  rank: u32,
  size: u32,                       // elements of out
  axis: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<Element>;
@group(0) @binding(3) var<storage, read_write> out: array<Element>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let element = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (element >= params.size) {
    return;
  }
  var rest = element;
  var position = 0u;  // of this element along the axis
  var at = 0u;        // first entry on its line
  var has_line = true;
  for (var next = params.rank; next > 0u; next--) {
    let axis = next - 1u;
    let extent = params.shape[axis / 4u][axis % 4u];
    let coordinate = rest % extent;
    rest = rest / extent;
    if (axis == params.axis) {
      position = coordinate;
    } else {
      at += coordinate * params.entry_strides[axis / 4u][axis % 4u];
      has_line = has_line && coordinate < params.entries[axis / 4u][axis % 4u];
    }
  }

  var sum = x[element];
  if (has_line) {
    let step = params.entry_strides[params.axis / 4u][params.axis % 4u];
    let count = params.entries[params.axis / 4u][params.axis % 4u];
    for (var j = 0u; j < count; j++) {
      if (index[at] == position) {
        sum += source[at];
      }
      at += step;
    }
  }
  out[element] = sum;
}
