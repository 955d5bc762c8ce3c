// out = running sums of x along one axis (torch.cumsum), from the first value on or, REVERSED, from the last.
//
// Tiling: x is [outer, length, inner]; a line is the `length` values at one place of outer and inner. Where there are many
// lines, or short ones, `main` walks a line an invocation. Otherwise lines are cut into blocks: `totals` sums a block an
// invocation, `starts` adds up the totals of a line before each block, and `resume` walks each block from there: no atomics,
// no barriers, always the same rounding. Neighbouring invocations read neighbouring inner places.
// Cost: 1 flop, 4 bytes read and 4 written a value; where lines are cut, 2 flops and 8 bytes read.

override REVERSED: bool;

alias Element = f32; // tile

struct Params {
  length: u32,
  inner: u32,
  lines: u32,
  blocks: u32,      // of a line
  block_size: u32,  // values; the last block may have fewer
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> sums: array<Element>;  // [outer, blocks, inner]
@group(0) @binding(2) var<storage, read_write> out: array<Element>;
@group(0) @binding(3) var<uniform> params: Params;

struct Block {
  line: u32,   // where its line begins in x
  first: u32,  // steps of the walk along the line
  end: u32,
}

fn block_of(index: u32) -> Block {
  let row = index / params.inner;
  let line = row / params.blocks * params.length * params.inner + index % params.inner;
  let first = row % params.blocks * params.block_size;
  return Block(line, first, first + min(params.block_size, params.length - first));
}

// Where step `step` of the walk along a line finds its value.
fn place(line: u32, step: u32) -> u32 {
  let position = select(step, params.length - 1u - step, REVERSED);
  return line + position * params.inner;
}

// `start` is added last: rounded to its size once, not at every step.
fn walk(range: Block, start: Element) {
  var sum = Element(0);
  for (var step = range.first; step < range.end; step++) {
    let at = place(range.line, step);
    sum += x[at];
    out[at] = start + sum;
  }
}

// One invocation a line, which is one block.
@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.lines) {
    walk(block_of(index), Element(0));
  }
}

// One invocation a block.
@compute @workgroup_size(64, 1, 1)
fn totals(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.lines * params.blocks) {
    return;
  }
  let range = block_of(index);
  var sum = Element(0);
  for (var step = range.first; step < range.end; step++) {
    sum += x[place(range.line, step)];
  }
  sums[index] = sum;
}

// Totals that `starts` adds up by themselves before it adds them to what was before: fewer large sums, fewer large roundings.
const GROUP = 64u;

// One invocation a line.
@compute @workgroup_size(64, 1, 1)
fn starts(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index >= params.lines) {
    return;
  }
  var at = index / params.inner * params.blocks * params.inner + index % params.inner;
  var before = Element(0);
  var sum = Element(0);
  for (var i = 0u; i < params.blocks; i++) {
    if (i % GROUP == 0u) {
      before += sum;
      sum = Element(0);
    }
    let total = sums[at];
    sums[at] = before + sum;
    sum += total;
    at += params.inner;
  }
}

// One invocation a block.
@compute @workgroup_size(64, 1, 1)
fn resume(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.lines * params.blocks) {
    walk(block_of(index), sums[index]);
  }
}
