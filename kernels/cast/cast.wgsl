// out[i] = Result(x[i]): float32 to int32 rounds toward zero and saturates, NaN gives 0; int32 to float32 rounds to nearest.
//
// Tiling: one invocation converts `run` vec4s, each ABREAST after the last.
// Cost: 8 bytes moved an element.

alias Element = f32; // tile
alias Result = i32; // tile

override ABREAST: u32;
override TO_INTEGERS: bool = true;

struct Params {
  vectors: u32,
  run: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4<Element>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<Result>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64, 1, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32
) {
  let first = (((group.z * grid.y + group.y) * grid.x + group.x) * 64u + lane / ABREAST * ABREAST) * params.run + lane % ABREAST;
  for (var index = first; index < min(first + ABREAST * params.run, params.vectors); index += ABREAST) {
    let value = x[index];
    let is_nan = (bitcast<vec4u>(vec4f(value)) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
    if (TO_INTEGERS) {
      // The largest float32 below 2^31 is 128 below it: a conversion that saturates stops there.
      let saturated = select(vec4<Result>(value), vec4<Result>(vec4i(2147483647)), vec4f(value) >= vec4f(2147483648.0));
      out[index] = select(saturated, vec4<Result>(0), is_nan);
    } else {
      out[index] = vec4<Result>(value);
    }
  }
}
