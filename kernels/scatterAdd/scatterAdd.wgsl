// out = x, with source[.., j, ..] added at out[.., index[.., j, ..], ..] (torch.scatter_add, out of place).
//
// Tiling: one invocation an element of out, which adds the entries on its own line along the axis that point to it. No atomics: the
// order of the sum is that of the entries, and the same call gives the same bits. `main` walks the whole line, which is quick
// where it is short; `main_sorted` finds its entries side by side, as sortEntries.wgsl has sorted each line. An index out of range
// points to no element.
// Cost: main: elements of out * entries along the axis reads, and as many comparisons. main_sorted: two reads an element of out, and
// two an entry. Both: 1 flop an entry.

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
@group(0) @binding(3) var<storage, read> order: array<vec2u>;  // main_sorted: of each line, places and entries, by their places
@group(0) @binding(4) var<storage, read> starts: array<u32>;   // main_sorted: where in order each place begins, and the last one ends
@group(0) @binding(5) var<storage, read_write> out: array<Element>;
@group(0) @binding(6) var<uniform> params: Params;

// Where an element of out lies.
struct Place {
  position: u32,  // along the axis
  first: u32,     // first entry on its line
  count: u32,     // entries on its line; none where index is smaller than out
}

fn place_of(element: u32) -> Place {
  var rest = element;
  var found = Place(0u, 0u, params.entries[params.axis / 4u][params.axis % 4u]);
  for (var next = params.rank; next > 0u; next--) {
    let axis = next - 1u;
    let extent = params.shape[axis / 4u][axis % 4u];
    let coordinate = rest % extent;
    rest = rest / extent;
    if (axis == params.axis) {
      found.position = coordinate;
    } else {
      found.first += coordinate * params.entry_strides[axis / 4u][axis % 4u];
      if (coordinate >= params.entries[axis / 4u][axis % 4u]) {
        found.count = 0u;
      }
    }
  }
  return found;
}

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
  let place = place_of(element);
  var sum = x[element];
  let step = params.entry_strides[params.axis / 4u][params.axis % 4u];
  var at = place.first;
  for (var k = 0u; k < place.count; k++) {
    if (index[at] == place.position) {
      sum += source[at];
    }
    at += step;
  }
  out[element] = sum;
}

@compute @workgroup_size(64, 1, 1)
fn main_sorted(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let element = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (element >= params.size) {
    return;
  }
  let place = place_of(element);
  var sum = x[element];
  if (place.count > 0u) {
    let step = params.entry_strides[params.axis / 4u][params.axis % 4u];
    let extent = params.shape[params.axis / 4u][params.axis % 4u];
    // Entries lie as [.., count, step], and lines as [.., step].
    let line = place.first / (place.count * step) * step + place.first % step;
    let start = line * (extent + 1u) + place.position;
    let end = starts[start + 1u];
    for (var n = starts[start]; n < end; n++) {
      sum += source[place.first + order[n].y * step];
    }
  }
  out[element] = sum;
}
