// out = condition ? a : b, element by element, all three broadcast: an axis of extent 1 is read with stride 0.
//
// Tiling: one invocation writes `run` vec4s, each ABREAST after the last; any 32-bit dtype, moved as its bits. ROWS, as in
// binary.wgsl: the inner axis is a whole number of ABREAST runs (or the only axis), and each operand walks it with stride 1 or 0,
// so that it is read by vec4s or as one value, and found once a run. Otherwise an invocation writes one vec4, and each element is
// found by itself.
// Cost: 16 bytes moved an element without broadcasting.

override ABREAST: u32;
override ROWS: bool = true;
// In ROWS: does the operand change along the inner axis?
override STEPS_CONDITION: bool = true;
override STEPS_A: bool = true;
override STEPS_B: bool = true;

struct Params {
  shape: array<vec4u, 2>,  // of the output, adjacent axes merged
  strides_condition: array<vec4u, 2>,
  strides_a: array<vec4u, 2>,
  strides_b: array<vec4u, 2>,
  rank: u32,
  size: u32,               // elements of the output
  run: u32,
}

@group(0) @binding(0) var<storage, read> condition: array<vec4u>;
@group(0) @binding(1) var<storage, read> a: array<vec4u>;
@group(0) @binding(2) var<storage, read> b: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(4) var<uniform> params: Params;

// Where condition, a and b stand when the output stands at element `index`.
fn offsets(index: u32) -> vec3u {
  var rest = index;
  var at = vec3u(0u, 0u, 0u);
  for (var axis = params.rank - 1u; axis > 0u; axis--) {
    at += (rest % params.shape[axis / 4u][axis % 4u]) * strides_of(axis);
    rest = rest / params.shape[axis / 4u][axis % 4u];
  }
  return at + rest * strides_of(0u);
}

fn strides_of(axis: u32) -> vec3u {
  let word = axis / 4u;
  let part = axis % 4u;
  return vec3u(params.strides_condition[word][part], params.strides_a[word][part], params.strides_b[word][part]);
}

// One element.
fn chosen(index: u32) -> u32 {
  let at = offsets(min(index, params.size - 1u));
  return select(b[at.z / 4u][at.z % 4u], a[at.y / 4u][at.y % 4u], condition[at.x / 4u][at.x % 4u] != 0u);
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  let end = min(first + ABREAST * params.run, (params.size + 3u) / 4u);
  if (first >= end) {
    return;
  }
  if (ROWS) {
    let at = offsets(first * 4u);
    var c = vec4u(condition[at.x / 4u][at.x % 4u]);
    var x = vec4u(a[at.y / 4u][at.y % 4u]);
    var y = vec4u(b[at.z / 4u][at.z % 4u]);
    // From a place of out to that of the operand: all four move on by one.
    let to_condition = at.x / 4u - first;
    let to_a = at.y / 4u - first;
    let to_b = at.z / 4u - first;
    for (var index = first; index < end; index += ABREAST) {
      if (STEPS_CONDITION) {
        c = condition[index + to_condition];
      }
      if (STEPS_A) {
        x = a[index + to_a];
      }
      if (STEPS_B) {
        y = b[index + to_b];
      }
      out[index] = select(y, x, c != vec4u(0u));
    }
    return;
  }
  out[first] = vec4u(chosen(first * 4u), chosen(first * 4u + 1u), chosen(first * 4u + 2u), chosen(first * 4u + 3u));
}
