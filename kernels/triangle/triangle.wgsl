// out = x below and on a diagonal (torch.tril) or, UPPER, above and on it (torch.triu); zero elsewhere, for any 32-bit dtype.
//
// Tiling: one invocation moves `run` elements of a row, each ABREAST after the last. The diagonal parts them: what lies before
// `edge`, and what lies behind.
// Cost: no arithmetic on values; 4 bytes written an element, 4 read for one that is kept.

override ABREAST: u32;
override UPPER: bool;

struct Params {
  rows: u32,
  columns: u32,
  run: u32,
  row_stretches: u32,  // of ABREAST runs, in a row; the last may be shorter
  stretches: u32,
  first_edge: i32,     // the first column behind the part of row 0 that ends at the diagonal
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn move_run(first: u32, end: u32, is_kept: bool) {
  if (is_kept) {
    for (var at = first; at < end; at += ABREAST) {
      out[at] = x[at];
    }
  } else {
    for (var at = first; at < end; at += ABREAST) {
      out[at] = 0u;
    }
  }
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let stretch = index / ABREAST;
  if (stretch >= params.stretches) {
    return;
  }
  let line = stretch / params.row_stretches;
  let row_start = line * params.columns;
  let column = stretch % params.row_stretches * ABREAST * params.run + index % ABREAST;
  let first = row_start + column;
  let end = row_start + min(column + ABREAST * params.run, params.columns);
  let edge = row_start + u32(max(params.first_edge + i32(line % params.rows), 0));
  let middle = clamp(edge, first, max(first, end));
  move_run(first, middle, !UPPER);
  // The first place of this invocation that is not before the middle.
  move_run(first + (middle - first + ABREAST - 1u) / ABREAST * ABREAST, end, UPPER);
}
