// Probe for the most multiply-adds a second. Chains x <- x * a + b, params.steps times; out[i] = their sum.
//
// Tiling: an invocation has 8 chains of vec4 in registers, so that none waits for itself.
// Cost: 64 flops a step and invocation, and 16 bytes written at the end.

struct Params {
  steps: u32,
  vectors: u32,
  a: f32,
  b: f32,
}

// Whether to ask for fma(), or to let the compiler fuse what it likes.
override FUSED: bool = true;

@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<uniform> params: Params;

fn step(x: vec4f, a: vec4f, b: vec4f) -> vec4f {
  if (FUSED) {
    return fma(x, a, b);
  }
  return x * a + b;
}

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let a = vec4f(params.a);
  let b = vec4f(params.b);
  let start = vec4f(0.0, 1.0, 2.0, 3.0) + f32(index % 4u);
  var x0 = start;
  var x1 = start + 16.0;
  var x2 = start + 8.0;
  var x3 = start + 12.0;
  var x4 = start + 16.0;
  var x5 = start + 20.0;
  var x6 = start + 24.0;
  var x7 = start + 28.0;
  for (var i = 0u; i < params.steps; i++) {
    x0 = step(x0, a, b);
    x1 = step(x1, a, b);
    x2 = step(x2, a, b);
    x3 = step(x3, a, b);
    x4 = step(x4, a, b);
    x5 = step(x5, a, b);
    x6 = step(x6, a, b);
    x7 = step(x7, a, b);
  }
  if (index < params.vectors) {
    out[index] = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7));
  }
}
