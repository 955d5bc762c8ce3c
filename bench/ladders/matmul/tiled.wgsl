// out = a b: a is [rows, inner], b is [inner, columns], row-major.
//
// Changes: a workgroup loads tiles of both operands into workgroup memory, and multiplies from there.
// Why: each value comes from memory once a workgroup instead of TILE times. On a GPU workgroup memory is some ten times as fast as what
// lies behind it. On CPU-backed adapters it is the same cache as all other memory, and each barrier costs a
// walk over all invocations: there this step is a loss.
// Tiling: TILE x TILE invocations, one element each; the inner extent is walked in tiles.
// Cost: 2 rows columns inner flops; a is read columns / TILE times, b rows / TILE times; two barriers a tile.

const TILE: u32 = 16; // tile

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> tile_a: array<f32, TILE * TILE>;
var<workgroup> tile_b: array<f32, TILE * TILE>;

// Zero outside of the matrix: a product with it adds nothing.
fn value_a(row: u32, k: u32) -> f32 {
  return select(0.0, a[row * params.inner + k], row < params.rows && k < params.inner);
}

fn value_b(k: u32, column: u32) -> f32 {
  return select(0.0, b[k * params.columns + column], k < params.inner && column < params.columns);
}

@compute @workgroup_size(TILE, TILE, 1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let row = group.y * TILE + local.y;
  let column = group.x * TILE + local.x;
  let place = local.y * TILE + local.x;
  var sum = 0.0;
  for (var first = 0u; first < params.inner; first += TILE) {
    tile_a[place] = value_a(row, first + local.x);
    tile_b[place] = value_b(first + local.y, column);
    workgroupBarrier();
    for (var k = 0u; k < TILE; k++) {
      sum += tile_a[local.y * TILE + k] * tile_b[k * TILE + local.x];
    }
    workgroupBarrier(); // nobody overwrites a tile that another still reads
  }
  if (row < params.rows && column < params.columns) {
    out[row * params.columns + column] = sum;
  }
}
