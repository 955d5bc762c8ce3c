import { type RaceDetectionResult, WgslDebug, WgslExec, detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';

/* wgsl_reflect's executor, with what version 1.6.0 gets wrong put right from outside. */

type Evaluate = (node: { operator: string }, context: unknown) => { data?: ArrayLike<number>; typeInfo: { getTypeName(): string } } | null;

const prototype = WgslExec.prototype as unknown as { _evalBinaryOpValue: Evaluate };
const evaluate = prototype._evalBinaryOpValue;

/**
 * A quotient of integer vectors comes out with its fraction; and a condition is a typed array of u32, which select() fills
 * with its results.
 */
prototype._evalBinaryOpValue = function (node, context) {
  const result = evaluate.call(this, node, context);
  if (!result?.data || result.data.length < 2) return result;
  if (node.operator === '/' && /[iu](32)?>?$/.test(result.typeInfo.getTypeName())) result.data = Float32Array.from(result.data, Math.trunc);
  if (['<', '<=', '>', '>=', '==', '!='].includes(node.operator)) result.data = Float32Array.from(result.data);
  return result;
};

/** Stepping into a helper leaves its result in the syntax tree, where the next invocation takes it for its own. */
const { stepStack } = WgslDebug.prototype;
WgslDebug.prototype.stepStack = function (stack) {
  return stepStack.call(this, stack, false);
};

/**
 * Gives every parameter and local the name of its function as well: arguments are evaluated among the callee's own, so that
 * f(b, a) called from f(a, b) would get (b, b).
 */
export function withUniqueNames(code: string): string {
  return code.replace(/\bfn\s+(\w+)\s*\([\s\S]*?\n\}/g, (body, name: string) => {
    const locals = new Set<string>();
    const [head] = /^[^{]*/.exec(body)!;
    for (const [, local] of head.matchAll(/(\w+)\s*:/g)) locals.add(local);
    for (const [, local] of body.matchAll(/\b(?:let|var|const)\s+(\w+)/g)) locals.add(local);
    return body.replace(/(\.|@builtin\(|\bfn\s+)?\b([a-zA-Z_]\w*)\b/g, (all, before: string | undefined, word: string) =>
      before === undefined && locals.has(word) ? `${name}_${word}` : all);
  });
}

/** Runs a kernel; `group` holds its buffers by binding number. */
export function execute(
  code: string, entryPoint: string, workgroups: readonly number[], group: Record<number, unknown>, constants: Record<string, number>,
): RaceDetectionResult {
  // Numbers in vectors pass through float32: a mask that survives it tells negative numbers from NaN.
  const runnable = withUniqueNames(code).replaceAll('0x7fffffffu', '0x7fffff80u');
  return detectRaces(runnable, entryPoint, [...workgroups], { 0: group }, { constants });
}
