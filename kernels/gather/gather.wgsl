// out[.., j, ..] = x[.., index[.., j, ..], ..] (torch.gather), for any 32-bit dtype.
//
// Tiling: one invocation takes `run` elements on the inner axis, each ABREAST after the last. An element's line in x follows from
// its own coordinates, with stride 0 along the gathered axis, and is found once a run; the index then says how far along that
// line to read. An index out of range gives `missing`.
// Cost: 12 bytes an element (index, x, out); the reads of x are as scattered as the index.

override ABREAST: u32;

struct Params {
  shape: array<vec4u, 2>,    // of index and out, adjacent axes merged
  strides: array<vec4u, 2>,  // of x, 0 along the gathered axis
  rank: u32,
  size: u32,                 // elements of out
  run: u32,                  // ABREAST of them divide the inner extent
  inner_stride: u32,
  axis_extent: u32,          // of x along the gathered axis
  axis_stride: u32,
  missing: u32,              // bits of the value for an index out of range
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

fn start_of_line(element: u32) -> u32 {
  var rest = element;
  var start = 0u;
  for (var axis = params.rank; axis > 0u; axis--) {
    let word = (axis - 1u) / 4u;
    let lane = (axis - 1u) % 4u;
    let extent = params.shape[word][lane];
    start += (rest % extent) * params.strides[word][lane];
    rest = rest / extent;
  }
  return start;
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  if (first >= params.size) {
    return;
  }
  var line = start_of_line(first);
  for (var element = first; element < first + ABREAST * params.run; element += ABREAST) {
    let position = index[element];  // a negative one is a large u32
    let exists = position < params.axis_extent;
    out[element] = select(params.missing, x[line + select(0u, position, exists) * params.axis_stride], exists);
    line += ABREAST * params.inner_stride;
  }
}
