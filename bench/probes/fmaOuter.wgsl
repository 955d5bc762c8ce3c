// Probe for the most multiply-adds a second, in the mix of a matrix product: an outer product of registers, added up.
// sum[i][j] += x[i] * y[j] for four scalars x and four vec4 y, params.steps times; out[i] = the sum of all.
//
// Tiling: an invocation has 16 sums of vec4 in registers: a step makes 64 multiply-adds of 8 operands.
// Cost: 128 flops a step and invocation, and 16 bytes written at the end.

struct Params {
  steps: u32,
  vectors: u32,
  a: f32,
  b: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let index = ((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane;
  var x = vec4f(params.a, -params.a, params.b, -params.b);
  let y0 = vec4f(0.0, 0.25, 0.5, 0.75) + params.b;
  let y1 = y0 + 1.0;
  let y2 = y0 + 2.0;
  let y3 = y0 + 3.0;
  var s00 = vec4f(f32(index % 4u));
  var s01 = s00;
  var s02 = s00;
  var s03 = s00;
  var s10 = s00;
  var s11 = s00;
  var s12 = s00;
  var s13 = s00;
  var s20 = s00;
  var s21 = s00;
  var s22 = s00;
  var s23 = s00;
  var s30 = s00;
  var s31 = s00;
  var s32 = s00;
  var s33 = s00;
  for (var i = 0u; i < params.steps; i++) {
    s00 += x.x * y0;
    s01 += x.x * y1;
    s02 += x.x * y2;
    s03 += x.x * y3;
    s10 += x.y * y0;
    s11 += x.y * y1;
    s12 += x.y * y2;
    s13 += x.y * y3;
    s20 += x.z * y0;
    s21 += x.z * y1;
    s22 += x.z * y2;
    s23 += x.z * y3;
    s30 += x.w * y0;
    s31 += x.w * y1;
    s32 += x.w * y2;
    s33 += x.w * y3;
    x = x.yzwx; // no product can be hoisted, and every four steps the sums are what they were
  }
  if (index < params.vectors) {
    let s0 = (s00 + s01) + (s02 + s03);
    let s1 = (s10 + s11) + (s12 + s13);
    let s2 = (s20 + s21) + (s22 + s23);
    let s3 = (s30 + s31) + (s32 + s33);
    out[index] = (s0 + s1) + (s2 + s3);
  }
}
