// out = the sum, or mean, of x [outer, rows, columns] over its rows.
//
// Tiling: an invocation takes eight neighbouring columns, as two vec4s, so that few of them read a long piece of each row: a
// CPU then waits less often for a new line of its cache (reduce.wgsl, with four columns each, takes 1.6 times as long on
// lavapipe). `parts` invocations share a column's rows, each a chunk of them. Their sums are [outer, parts, columns] again:
// the same kernel, run once more, puts them together.
// Cost: 1 flop and 4 bytes read a value.

override MEAN: bool;

alias Element = f32; // tile

struct Params {
  outer: u32,
  rows: u32,
  columns: u32,   // eights of them
  parts: u32,
  chunk: u32,     // rows of a part
  longer: u32,    // as many parts, the first ones, have one more
  count: f32,     // what a mean divides by
}

@group(0) @binding(0) var<storage, read> x: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<Element>>;
@group(0) @binding(2) var<uniform> params: Params;

struct Sums {
  left: vec4<Element>,
  right: vec4<Element>,
}

// Sums grow block by block, so that a long one of n values is off by about BLOCK + n / BLOCK roundings, not n.
const BLOCK = 64u;

// Of `rows` rows, the first of which begins at `start`.
fn sum_block(start: u32, rows: u32) -> Sums {
  var left = vec4<Element>();
  var right = vec4<Element>();
  var place = start;
  for (var row = 0u; row < rows; row++) {
    left += x[place];
    right += x[place + 1u];
    place += 2u * params.columns;
  }
  return Sums(left, right);
}

fn finish(sum: vec4<Element>) -> vec4<Element> {
  if (MEAN) {
    return sum / Element(params.count);
  }
  return sum;
}

// One invocation a part of eight columns.
@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.outer * params.parts * params.columns) {
    let column = index % params.columns;
    let part = index / params.columns % params.parts;
    let outer = index / params.columns / params.parts;
    let first = part * params.chunk + min(part, params.longer);
    let rows = params.chunk + u32(part < params.longer);
    var left = vec4<Element>();
    var right = vec4<Element>();
    for (var done = 0u; done < rows; done += BLOCK) {
      let sums = sum_block(2u * ((outer * params.rows + first + done) * params.columns + column), min(BLOCK, rows - done));
      left += sums.left;
      right += sums.right;
    }
    out[2u * index] = finish(left);
    out[2u * index + 1u] = finish(right);
  }
}
