import { endOfBlock } from './prune.js';

/* Mutants of WGSL by its syntax: one a place, outside comments. */

export interface WgslMutant {
  /** What was done: 'comparison', 'index', 'operator', 'loop bound', 'barrier', 'tile', 'constant'. */
  kind: string;
  line: number;
  before: string;
  after: string;
  code: string;
  /** The line as it is now, without comment. */
  mutated: string;
}

interface Rule {
  kind: string;
  pattern: RegExp;
  /** What takes the match's place. */
  replace: (match: RegExpMatchArray) => string[];
}

const swap = (kind: string, table: Record<string, string[]>): Rule => ({
  kind,
  // House style puts spaces around operators and none inside templates, so vec4<f32> is no comparison.
  pattern: new RegExp(` (${Object.keys(table).map((sign) => sign.replace(/[+*|]/g, '\\$&')).sort((a, b) => b.length - a.length).join('|')}) `, 'g'),
  replace: ([, sign]) => table[sign].map((other) => ` ${other} `),
});

const RULES: readonly Rule[] = [
  swap('comparison', { '<': ['<='], '<=': ['<'], '>': ['>='], '>=': ['>'], '==': ['!='], '!=': ['=='] }),
  swap('operator', { '+': ['-'], '-': ['+'], '*': ['+'], '/': ['*'], '%': ['/'], '+=': ['-='], '-=': ['+='], '&&': ['||'], '||': ['&&'], '&': ['|'], '|': ['&'], '^': ['|'] }),
  { kind: 'operator', pattern: /\b(min|max)\(/g, replace: ([, name]) => [name === 'min' ? 'max(' : 'min('] },
  { kind: 'index', pattern: / [+-] (\d+)u\b/g, replace: () => [''] },
  { kind: 'loop bound', pattern: /(\bfor \([^;]*;[^;]* < )([^;]+);/g, replace: ([, before, bound]) => [`${before}${bound} - 1u;`] },
  { kind: 'barrier', pattern: /\b\w+Barrier\(\);/g, replace: () => [';'] },
  { kind: 'tile', pattern: /^([ \t]*(?:const|override) \w+(?:: \w+)? = )(\d+)(u?);/gm, replace: ([, before, value, u]) => [`${before}${2 * Number(value) + (value === '0' ? 1 : 0)}${u};`] },
  { kind: 'tile', pattern: /@workgroup_size\((\d+)/g, replace: ([, size]) => [`@workgroup_size(${Number(size) / 2}`] },
  { kind: 'constant', pattern: /\b(\d+)u\b(?! *:)/g, replace: ([, value]) => [`${Number(value) + 1}u`] },
  { kind: 'constant', pattern: /(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?)(?![\w.])/g, replace: ([, value]) => [value === '0.0' ? '0.01' : String(Number((Number(value) * 1.01).toPrecision(12))).replace(/^(\d+)$/, '$1.0')] },
];

/** A mutant as reports and reasons name it. */
export function describeMutant({ kind, line, before, after, mutated }: WgslMutant): string {
  return `line ${line}, ${kind}: '${before}' to '${after}', now: ${mutated}`;
}

/** Comments become spaces, so that places stay where they are. */
function withoutComments(code: string): string {
  return code.replace(/\/\/.*/g, (comment) => ' '.repeat(comment.length));
}

export function wgslMutants(code: string): WgslMutant[] {
  const text = withoutComments(code);
  const found = new Map<string, WgslMutant>();
  for (const { kind, pattern, replace } of RULES) {
    for (const match of text.matchAll(pattern)) {
      for (const after of replace(match)) {
        const mutated = code.slice(0, match.index) + after + code.slice(match.index + match[0].length);
        if (found.has(mutated)) continue;
        const line = text.slice(0, match.index).split('\n').length;
        const mutatedLine = withoutComments(mutated.split('\n')[line - 1]).trim();
        found.set(mutated, { kind, line, before: match[0].trim(), after: after.trim(), code: mutated, mutated: mutatedLine });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

const FUEL = 20_000;

/** Where code with fuel binds one word, which is no longer 0 once some loop ran out of it. */
export const FUEL_GROUP = 1;

const LOOP = /\b(?:for \(([^;{]*);([^;{]*);([^{]*)\)|while \(([^{]*)\)|loop) \{/g;

/**
 * Every loop ends: a mutant may have lost its own way out. The fuel is a part of each loop's condition, as lavapipe 25.0.7
 * forgets the condition of a loop that has a second way out with a constant number of turns. A loop with a barrier counts for itself, in
 * a variable that is the same in the whole workgroup: what is private may differ, and then no barrier is allowed. Nor a broadcast,
 * so that with subgroups every loop counts for itself: what one finds may decide on the turns of another.
 */
export function withFuel(code: string): string {
  const limited = code.replace(LOOP, (head, start: string | undefined, condition: string, step: string, turning: string | undefined, at: number) => {
    const block = code.slice(at, endOfBlock(code, at + head.length - 1));
    if (start !== undefined && (block.includes('Barrier();') || code.includes('enable subgroups;'))) {
      return `var turns_${at} = 0u; for (${start}; (${condition}) && turns_${at} < ${FUEL}u;${step}) {
        turns_${at}++; if (turns_${at} == ${FUEL}u) { atomicStore(&out_of_fuel, 1u); }`;
    }
    if (start !== undefined) return `for (${start}; (${condition}) && has_fuel();${step}) {`;
    if (turning !== undefined) return `while ((${turning}) && has_fuel()) {`;
    return 'loop { if (!has_fuel()) { break; }';
  });
  if (limited === code) return code;
  return `${limited}
var<private> fuel: u32 = ${FUEL}u;
@group(${FUEL_GROUP}) @binding(0) var<storage, read_write> out_of_fuel: atomic<u32>;
fn has_fuel() -> bool {
  if (fuel == 0u) {
    atomicStore(&out_of_fuel, 1u);
    return false;
  }
  fuel -= 1u;
  return true;
}
`;
}
