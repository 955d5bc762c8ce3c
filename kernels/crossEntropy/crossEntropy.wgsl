// The cross-entropy of class scores (logits, [batch, classes, inner]) and class numbers, sample by sample, and its gradient:
//   loss = -sum over c of share[c] log p[c],   d loss / d logits[c] = p[c] (sum of share) - share[c],
// with p = softmax(logits), and share[c] = w[c] ((1 - smoothing) [c = target] + smoothing / classes).
// A target equal to ignore_index gives 0; any other number that is no class gives NaN: a kernel cannot throw.
//
// Tiling: one invocation walks the classes of one sample, twice forward and three times backward.
// Cost: two exponentials a score forward, two backward.

override HAS_WEIGHT: bool = false;

struct Params {
  samples: u32,
  classes: u32,
  inner: u32,
  ignore_index: i32,
  smoothing: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

fn largest_of(start: u32) -> f32 {
  var largest = logits[start];
  for (var c = 1u; c < params.classes; c++) {
    largest = max(largest, logits[start + c * params.inner]);
  }
  return largest;
}

fn share_of(c: u32, label: i32) -> f32 {
  let own = select(0.0, 1.0 - params.smoothing, i32(c) == label);
  let share = own + params.smoothing / f32(params.classes);
  if (HAS_WEIGHT) {
    return share * weight[c];
  }
  return share;
}

fn start_of(i: u32) -> u32 {
  return i / params.inner * params.classes * params.inner + i % params.inner;
}

fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u | (params.samples & 1u));
}

@compute @workgroup_size(64, 1, 1)
fn losses(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let i = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (i >= params.samples) {
    return;
  }
  let label = targets[i];
  if (label == params.ignore_index) {
    out[i] = 0.0;
    return;
  }
  if (label < 0 || label >= i32(params.classes)) {
    out[i] = not_a_number();
    return;
  }
  let start = start_of(i);
  let largest = largest_of(start);
  var sum = 0.0;
  var total = 0.0;
  var weighted = 0.0;
  for (var c = 0u; c < params.classes; c++) {
    let score = logits[start + c * params.inner] - largest;
    let share = share_of(c, label);
    sum += exp(score);
    total += share;
    weighted += share * score;
  }
  out[i] = total * log(sum) - weighted;
}

@compute @workgroup_size(64, 1, 1)
fn grad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let i = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (i >= params.samples) {
    return;
  }
  let label = targets[i];
  let start = start_of(i);
  let largest = largest_of(start);
  var sum = 0.0;
  var total = 0.0;
  for (var c = 0u; c < params.classes; c++) {
    sum += exp(logits[start + c * params.inner] - largest);
    total += share_of(c, label);
  }
  var upstream = gradient[i];
  if (label == params.ignore_index) {
    upstream = 0.0;
  } else if (label < 0 || label >= i32(params.classes)) {
    upstream = not_a_number();
  }
  for (var c = 0u; c < params.classes; c++) {
    let at = start + c * params.inner;
    out[at] = upstream * (exp(logits[at] - largest) / sum * total - share_of(c, label));
  }
}
