// out[i, c] = 1 where c = index[i], else 0 (torch one_hot), for any 32-bit dtype: the 1 arrives as its bits.
//
// Tiling: one invocation writes a run of neighbours in a row.
// An index out of range equals no c: its row is 0.
// Cost: 4 bytes written an element, 4 bytes read a run.

struct Params {
  classes: u32,
  run: u32,
  row_runs: u32,  // runs of a row; the last may be shorter
  runs: u32,
  one: u32,       // bits of 1
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index_of_run = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index_of_run >= params.runs) {
    return;
  }
  let first = index_of_run % params.row_runs * params.run;
  let end = min(first + params.run, params.classes);
  let i = index_of_run / params.row_runs;
  let hot = index[i];
  let row = i * params.classes;
  for (var c = first; c < end; c++) {
    out[row + c] = select(0u, params.one, c == hot);
  }
}
