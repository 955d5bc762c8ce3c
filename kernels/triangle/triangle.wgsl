// out = x below and on a diagonal (torch.tril) or, UPPER, above and on it (torch.triu); zero elsewhere, for any 32-bit dtype.
//
// Tiling: one invocation moves a run of neighbours in a row. The diagonal parts it: what lies before `edge`, and what lies behind.
// Cost: no arithmetic on values; 4 bytes written an element, 4 read for one that is kept.

override UPPER: bool;

struct Params {
  rows: u32,
  columns: u32,
  run: u32,
  row_runs: u32,  // runs of a row; the last may be shorter
  runs: u32,
  first_edge: i32,  // the first column behind the part of row 0 that ends at the diagonal
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn move_run(first: u32, end: u32, is_kept: bool) {
  if (is_kept) {
    for (var at = first; at < end; at++) {
      out[at] = x[at];
    }
  } else {
    for (var at = first; at < end; at++) {
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
  if (index >= params.runs) {
    return;
  }
  let line = index / params.row_runs;
  let row_start = line * params.columns;
  let column = index % params.row_runs * params.run;
  let first = row_start + column;
  let end = row_start + min(column + params.run, params.columns);
  let edge = row_start + u32(max(params.first_edge + i32(line % params.rows), 0));
  let middle = clamp(edge, first, end);
  move_run(first, middle, !UPPER);
  move_run(middle, end, UPPER);
}
