/* Mutants of WGSL by its syntax: one a place, outside comments. */

export interface WgslMutant {
  /** What was done: 'comparison', 'index', 'operator', 'loop bound', 'barrier', 'tile', 'constant'. */
  kind: string;
  line: number;
  before: string;
  after: string;
  code: string;
  /** The line as it was, without comment. */
  source: string;
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
        // An unsigned number that counts down past zero: a loop without end, which no check need find.
        if (found.has(mutated) || / >= 0u;$/m.test(mutated.slice(match.index, match.index + 6))) continue;
        const line = text.slice(0, match.index).split('\n').length;
        found.set(mutated, { kind, line, before: match[0].trim(), after: after.trim(), code: mutated, source: text.split('\n')[line - 1].trim() });
      }
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

const FUEL = 100_000;

/** Every loop ends: a mutant may have lost its own way out. */
export function withFuel(code: string): string {
  const limited = code.replace(/\b((?:for|while) \([^{]*\)|loop) \{/g, '$1 { if (fuel == 0u) { break; } fuel -= 1u;');
  return limited === code ? code : `${limited}\nvar<private> fuel: u32 = ${FUEL}u;\n`;
}
