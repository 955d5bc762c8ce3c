// out[i, c] = 1 where c = index[i], else 0 (torch one_hot), for any 32-bit dtype: the 1 arrives as its bits.
//
// Tiling: one invocation writes `run` elements of a row, each ABREAST after the last.
// An index out of range equals no c: its row is 0.
// Cost: 4 bytes written an element, 4 bytes read a run.

override ABREAST: u32;

struct Params {
  classes: u32,
  run: u32,
  row_stretches: u32,  // of ABREAST runs, in a row; the last may be shorter
  stretches: u32,
  one: u32,            // bits of 1
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
  let invocation = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let stretch = invocation / ABREAST;
  if (stretch >= params.stretches) {
    return;
  }
  let first = stretch % params.row_stretches * ABREAST * params.run + invocation % ABREAST;
  let end = min(first + ABREAST * params.run, params.classes);
  let i = stretch / params.row_stretches;
  let hot = index[i];
  let row = i * params.classes;
  for (var c = first; c < end; c += ABREAST) {
    out[row + c] = select(0u, params.one, c == hot);
  }
}
