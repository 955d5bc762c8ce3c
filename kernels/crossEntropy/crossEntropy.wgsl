// The cross-entropy of class scores (logits, [batch, classes, inner]) and class numbers, sample by sample, and its gradient:
//   loss = -sum over c of share[c] log p[c],   d loss / d logits[c] = p[c] (sum of share) - share[c],
// with p = softmax(logits), and share[c] = w[c] ((1 - smoothing) [c = target] + smoothing / classes). A class without a share
// adds nothing to the loss, not even where its score is -infinity.
// A target equal to ignore_index gives 0; any other number that is no class gives NaN: a kernel cannot throw.
//
// Tiling: in `losses` and `grad` one invocation takes a sample, for adapters that run on a CPU. Others share it: `statistics`
// leaves a State for each of its `parts`, which walk side by side, `combine` makes one of them, in the place of the first,
// and `shared_losses` and `shared_grad` take an invocation for each result.
// Cost: an exponential a score forward, two backward; logits read twice forward (from memory once, if they fit into the
// cache), three times backward.

override HAS_WEIGHT: bool = false;
override SMOOTHED: bool = false;

struct Params {
  samples: u32,
  classes: u32,
  inner: u32,
  parts: u32,
  ignore_index: i32,
  smoothing: f32,
}

// What the scores of some of a sample's classes come to.
struct State {
  largest: f32,   // score
  sum: f32,       // of exp(score - largest)
  shares: f32,    // sum of the classes' even shares
  products: f32,  // sum of even share * (score - largest)
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> states: array<State>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

// Below any score, yet finite: the largest of classes that all have -infinity.
const LOWEST = -3.4028234e38;
// With a score above this, or with bits above those, a sample is NaN: exp, log and max may lose it, so it becomes the sum.
const HIGHEST = 3.4028234e38;
const INFINITY_BITS = 0x7f800000u;

fn weight_of(c: u32) -> f32 {
  if (HAS_WEIGHT) {
    return weight[c];
  }
  return 1.0;
}

// The share that every class has.
fn even_share(c: u32) -> f32 {
  return params.smoothing / f32(params.classes) * weight_of(c);
}

fn is_class(label: i32) -> bool {
  return label >= 0 && label < i32(params.classes);
}

// What the target's class has beyond its even share.
fn own_share(label: i32) -> f32 {
  if (is_class(label)) {
    return (1.0 - params.smoothing) * weight_of(u32(label));
  }
  return 0.0;
}

// Where the scores of a sample begin.
fn start_of(sample: u32) -> u32 {
  return sample / params.inner * params.classes * params.inner + sample % params.inner;
}

// Four scores, `step` apart.
fn four_scores(at: u32, step: u32) -> vec4f {
  return vec4f(logits[at], logits[at + step], logits[at + 2u * step], logits[at + 3u * step]);
}

// Over the classes part, part + parts, ..., in fours as far as they go.
fn walk(start: u32, part: u32, parts: u32) -> State {
  let step = parts * params.inner;
  let count = (params.classes + parts - 1u - part) / parts;
  let fours = count / 4u;
  let first = start + part * params.inner;
  var at = first;
  var largest4 = vec4f(LOWEST);
  var bits4 = vec4u(0u);
  for (var turn = 0u; turn < fours; turn++) {
    let scores = four_scores(at, step);
    largest4 = max(largest4, scores);
    bits4 = max(bits4, bitcast<vec4u>(scores) & vec4u(0x7fffffffu));
    at += 4u * step;
  }
  var largest = max(max(largest4.x, largest4.y), max(largest4.z, largest4.w));
  var bits = max(max(bits4.x, bits4.y), max(bits4.z, bits4.w));
  for (var k = 4u * fours; k < count; k++) {
    let score = logits[at];
    largest = max(largest, score);
    bits = max(bits, bitcast<u32>(score) & 0x7fffffffu);
    at += step;
  }
  at = first;
  var sum4 = vec4f(0.0);
  for (var turn = 0u; turn < fours; turn++) {
    sum4 += exp(four_scores(at, step) - largest);
    at += 4u * step;
  }
  var sum = (sum4.x + sum4.y) + (sum4.z + sum4.w);
  for (var k = 4u * fours; k < count; k++) {
    sum += exp(logits[at] - largest);
    at += step;
  }
  var shares = 0.0;
  var products = 0.0;
  if (SMOOTHED) {
    at = first;
    for (var c = part; c < params.classes; c += parts) {
      shares += even_share(c);
      products += even_share(c) * (logits[at] - largest);
      at += step;
    }
  }
  let has_no_softmax = largest > HIGHEST || bits > INFINITY_BITS;
  return State(largest, select(sum, bitcast<f32>(bits | 1u), has_no_softmax), shares, products);
}

fn merge(a: State, b: State) -> State {
  let largest = max(a.largest, b.largest);
  let sum = a.sum * exp(a.largest - largest) + b.sum * exp(b.largest - largest);
  if (SMOOTHED) {
    let products = a.products + a.shares * (a.largest - largest) + b.products + b.shares * (b.largest - largest);
    return State(largest, sum, a.shares + b.shares, products);
  }
  return State(largest, sum, 0.0, 0.0);
}

fn not_a_number() -> f32 {
  return bitcast<f32>(0x7fc00000u | (params.samples & 1u));
}

fn loss(sample: u32, state: State) -> f32 {
  let label = targets[sample];
  if (label == params.ignore_index) {
    return 0.0;
  }
  if (!is_class(label)) {
    return not_a_number();
  }
  let own = own_share(label);
  let score = logits[start_of(sample) + u32(label) * params.inner] - state.largest;
  let is_nan = (bitcast<u32>(state.sum) & 0x7fffffffu) > INFINITY_BITS;
  return (own + state.shares) * select(log(state.sum), state.sum, is_nan) - own * score - state.products;
}

// d loss / d loss of the sample.
fn upstream(sample: u32) -> f32 {
  if (is_class(targets[sample])) {
    return gradient[sample];
  }
  return not_a_number();
}

// d loss of the sample / d score of class c.
fn slope(c: u32, score: f32, label: i32, own: f32, state: State) -> f32 {
  var share = select(0.0, own, i32(c) == label);
  if (SMOOTHED) {
    share += even_share(c);
  }
  return exp(score - state.largest) * ((own + state.shares) / state.sum) - share;
}

// Likewise of the classes c to c + 3.
fn four_slopes(c: u32, scores: vec4f, label: i32, own: f32, state: State) -> vec4f {
  var share = select(vec4f(0.0), vec4f(own), i32(c) + vec4i(0, 1, 2, 3) == vec4i(label));
  if (SMOOTHED) {
    share += vec4f(even_share(c), even_share(c + 1u), even_share(c + 2u), even_share(c + 3u));
  }
  return exp(scores - state.largest) * ((own + state.shares) / state.sum) - share;
}

@compute @workgroup_size(64, 1, 1)
fn losses(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let sample = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (sample < params.samples) {
    out[sample] = loss(sample, walk(start_of(sample), 0u, 1u));
  }
}

@compute @workgroup_size(64, 1, 1)
fn grad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let sample = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (sample < params.samples) {
    let start = start_of(sample);
    let state = walk(start, 0u, 1u);
    let factor = upstream(sample);
    let label = targets[sample];
    let own = own_share(label);
    let is_ignored = label == params.ignore_index;
    let whole = params.classes - params.classes % 4u;
    var at = start;
    for (var c = 0u; c < whole; c += 4u) {
      let scores = four_scores(at, params.inner);
      let results = select(factor * four_slopes(c, scores, label, own, state), vec4f(0.0), is_ignored);
      out[at] = results.x;
      out[at + params.inner] = results.y;
      out[at + 2u * params.inner] = results.z;
      out[at + 3u * params.inner] = results.w;
      at += 4u * params.inner;
    }
    for (var c = whole; c < params.classes; c++) {
      out[at] = select(factor * slope(c, logits[at], label, own, state), 0.0, is_ignored);
      at += params.inner;
    }
  }
}

@compute @workgroup_size(64, 1, 1)
fn statistics(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (index < params.samples * params.parts) {
    states[index] = walk(start_of(index / params.parts), index % params.parts, params.parts);
  }
}

@compute @workgroup_size(64, 1, 1)
fn combine(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let sample = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (sample < params.samples) {
    let first = sample * params.parts;
    var state = states[first];
    for (var part = 1u; part < params.parts; part++) {
      state = merge(state, states[first + part]);
    }
    states[first] = state;
  }
}

@compute @workgroup_size(64, 1, 1)
fn shared_losses(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let sample = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (sample < params.samples) {
    out[sample] = loss(sample, states[sample * params.parts]);
  }
}

@compute @workgroup_size(64, 1, 1)
fn shared_grad(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let at = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  if (at < params.samples * params.classes) {
    let sample = at / (params.classes * params.inner) * params.inner + at % params.inner;
    let c = at / params.inner % params.classes;
    let label = targets[sample];
    let result = upstream(sample) * slope(c, logits[at], label, own_share(label), states[sample * params.parts]);
    out[at] = select(result, 0.0, label == params.ignore_index);
  }
}
