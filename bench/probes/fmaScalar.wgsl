// Probe for the most multiply-adds a second, scalar. Chains x <- x * a + b, params.steps times; out[i] = their sum.
//
// Tiling: an invocation has 16 chains of f32 in registers, so that none waits for itself: scalar GPUs need no vectors.
// Cost: 32 flops a step and invocation, and 4 bytes written at the end.

struct Params {
  steps: u32,
  elements: u32,
  a: f32,
  b: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  let a = params.a;
  let b = params.b;
  let start = f32(index % 4u);
  var x0 = start;
  var x1 = start + 1.0;
  var x2 = start + 2.0;
  var x3 = start + 3.0;
  var x4 = start + 4.0;
  var x5 = start + 5.0;
  var x6 = start + 6.0;
  var x7 = start + 7.0;
  var x8 = start + 8.0;
  var x9 = start + 9.0;
  var x10 = start + 10.0;
  var x11 = start + 11.0;
  var x12 = start + 12.0;
  var x13 = start + 13.0;
  var x14 = start + 14.0;
  var x15 = start + 15.0;
  for (var i = 0u; i < params.steps; i++) {
    x0 = fma(x0, a, b);
    x1 = fma(x1, a, b);
    x2 = fma(x2, a, b);
    x3 = fma(x3, a, b);
    x4 = fma(x4, a, b);
    x5 = fma(x5, a, b);
    x6 = fma(x6, a, b);
    x7 = fma(x7, a, b);
    x8 = fma(x8, a, b);
    x9 = fma(x9, a, b);
    x10 = fma(x10, a, b);
    x11 = fma(x11, a, b);
    x12 = fma(x12, a, b);
    x13 = fma(x13, a, b);
    x14 = fma(x14, a, b);
    x15 = fma(x15, a, b);
  }
  if (index < params.elements) {
    out[index] = (((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7))) + (((x8 + x9) + (x10 + x11)) + ((x12 + x13) + (x14 + x15)));
  }
}
