// Random numbers from Philox 4x32-10 (Salmon et al., SC 2011): element i takes word i of the stream that starts at
// block `counter` under `key`, so the numbers depend on nothing else, and are those of the CPU. Entry points: `rand`
// (uniform), `randn` (normal), `rand_int` (whole numbers), `dropout` (sets elements of x to 0 at random).
//
// Tiling: one invocation makes `run` blocks of four words, each ABREAST after the last, and writes a vec4 of each; the tail of the
// last lies in the padding.
// Cost: 4 bytes written an element, 25 integer operations a word; dropout reads 4 bytes an element more.

override ABREAST: u32;

struct Params {
  key: vec2u,
  counter: vec2u,  // number of the first block, low word first
  vectors: u32,    // ceil(elements / 4)
  run: u32,
  low: i32,        // rand_int: the smallest number
  span: u32,       // rand_int: how many numbers
  threshold: u32,  // dropout: an element stays if the top 24 bits of its word reach this
  scale: f32,      // dropout: factor of what stays
}

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4u>;
@group(0) @binding(2) var<uniform> params: Params;

const MULTIPLIERS = vec2u(0xd2511f53u, 0xcd9e8d57u);
const WEYL = vec2u(0x9e3779b9u, 0xbb67ae85u);

struct Product {
  low: vec2u,
  high: vec2u,
}

// a * b in 64 bits, from products of 16-bit halves (WGSL keeps only the low word of a product). The three addends of
// bits 16 to 31 sum up to less than 2^18; what exceeds 2^16 is the carry into the high word.
fn multiply(a: vec2u, b: vec2u) -> Product {
  let half = vec2u(16u);
  let mask = vec2u(0xffffu);
  let low = (a & mask) * (b & mask);
  let cross1 = (a & mask) * (b >> half);
  let cross2 = (a >> half) * (b & mask);
  let high = (a >> half) * (b >> half);
  let middle = (low >> half) + (cross1 & mask) + (cross2 & mask);
  var product: Product;
  product.low = (middle << half) | (low & mask);
  product.high = high + (cross1 >> half) + (cross2 >> half) + (middle >> half);
  return product;
}

// The four words of the block `index` blocks after the first.
fn philox(index: u32) -> vec4u {
  let counter_low = params.counter.x + index;
  let carry = select(0u, 1u, index > counter_low);
  var words = vec4u(counter_low, params.counter.y + carry, 0u, 0u);
  var key = params.key;
  for (var round = 0u; round < 10u; round++) {
    let product = multiply(MULTIPLIERS, words.xz);
    let mixed = product.high.yx ^ words.yw ^ key;
    words = vec4u(mixed.x, product.low.y, mixed.y, product.low.x);
    key += WEYL;
  }
  return words;
}

// The top 24 bits as a number in [0, 1): exact.
fn uniform_from(words: vec4u) -> vec4f {
  return vec4f(words >> vec4u(8u)) * 0x1p-24f;
}

// log y for 2^-24 <= y <= 1, to a few ULP; WGSL promises log only an absolute error of 2^-21 near 1.
// y = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1).
fn log_accurate(y: vec2f) -> vec2f {
  let sqrt_half = vec2u(0x3f3504f3u);  // its bits
  let exponent_bits = bitcast<vec2u>(y) - sqrt_half;
  let e = vec2f(bitcast<vec2i>(exponent_bits) >> vec2u(23u));
  let m = bitcast<vec2f>((exponent_bits & vec2u(0x007fffffu)) + sqrt_half);
  let s = (m - 1.0) / (m + 1.0);
  let z = s * s;
  let series = z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))));
  return e * 0.6931471805599453 + 2.0 * (s + s * series);
}

// cos and sin of 2 pi v for v in [0, 1), to a few ULP; WGSL promises them only an absolute error of 2^-11.
// v = quarter / 4 + rest is exact, and |2 pi rest| <= pi / 4 is where Taylor's series are short.
fn cos_sin_turns(v: f32) -> vec2f {
  let quarter = floor(4.0 * v + 0.5);
  let t = (v - 0.25 * quarter) * 6.283185307179586;
  let z = t * t;
  let sine = t + t * z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0))));
  let cosine = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0))));
  switch u32(quarter) & 3u {
    case 0u: { return vec2f(cosine, sine); }
    case 1u: { return vec2f(-sine, cosine); }
    case 2u: { return vec2f(-cosine, -sine); }
    default: { return vec2f(sine, -cosine); }
  }
}

// Box and Muller 1958: radius sqrt(-2 log(1 - u)) and angle 2 pi v give two independent normals.
fn normal_from(words: vec4u) -> vec4f {
  let u = uniform_from(words);
  let radius = sqrt(-2.0 * log_accurate(1.0 - u.xz));
  return vec4f(radius.x * cos_sin_turns(u.y), radius.y * cos_sin_turns(u.w));
}

@compute @workgroup_size(64, 1, 1)
fn rand(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var vector = first; vector < min(first + ABREAST * params.run, params.vectors); vector += ABREAST) {
    out[vector] = bitcast<vec4u>(uniform_from(philox(vector)));
  }
}

@compute @workgroup_size(64, 1, 1)
fn randn(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var vector = first; vector < min(first + ABREAST * params.run, params.vectors); vector += ABREAST) {
    out[vector] = bitcast<vec4u>(normal_from(philox(vector)));
  }
}

@compute @workgroup_size(64, 1, 1)
fn rand_int(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var vector = first; vector < min(first + ABREAST * params.run, params.vectors); vector += ABREAST) {
    out[vector] = vec4u(bitcast<u32>(params.low)) + philox(vector) % vec4u(params.span);
  }
}

@compute @workgroup_size(64, 1, 1)
fn dropout(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var vector = first; vector < min(first + ABREAST * params.run, params.vectors); vector += ABREAST) {
    let stays = (philox(vector) >> vec4u(8u)) >= vec4u(params.threshold);
    let scaled = bitcast<vec4u>(bitcast<vec4f>(x[vector]) * params.scale);
    out[vector] = select(vec4u(0u), scaled, stays);
  }
}
