import type { Launch } from '../../core/webgpu/kernel.js';
import { rewriteTiles } from '../../core/webgpu/tiles.js';

/*
 * What a launch makes of a shader's text: tiles and overrides written in, and without what it then never runs. Two texts that
 * are the same after that are the same kernel; and what is left compiles in a fraction of the time.
 */

/** Where the block that opens at `open` ends: past its closing brace. */
export function endOfBlock(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    if (code[at] === '{') depth++;
    if (code[at] === '}' && --depth === 0) return at + 1;
  }
  return code.length;
}

/** A number as WGSL writes it, or the constant of that name. */
function valueOf(code: string, word: string): number {
  const constant = new RegExp(`^const ${word}\\b[^=]*= *([^;]+);`, 'm').exec(code);
  return Number((constant?.[1] ?? word).replace(/u$/, ''));
}

/** Of each `switch NAME`, the arm alone that runs when NAME is `value`. */
function withoutDeadArms(code: string, name: string, value: number): string {
  const head = `switch ${name} {`;
  for (let at = code.indexOf(head); at >= 0; at = code.indexOf(head, at + 1)) {
    const end = endOfBlock(code, at + head.length - 1);
    const arm = /(?:case ([^:]+)|default):\s*(?=\{)/g;
    arm.lastIndex = at;
    let runs = '';
    for (let match = arm.exec(code); match && match.index < end; match = arm.exec(code)) {
      const from = arm.lastIndex;
      arm.lastIndex = endOfBlock(code, from);
      const isDefault = match[1] === undefined;
      const labels = match[1]?.split(',').map((word) => word.trim()).filter((word) => word !== '') ?? [];
      if (labels.some((word) => valueOf(code, word) === value) || (isDefault && runs === '')) runs = code.slice(from, arm.lastIndex);
    }
    code = `${code.slice(0, at)}${head} default: ${runs} }${code.slice(end)}`;
  }
  return code;
}

/** Functions and their text, which ends with a brace at the start of a line; attributes of entry points included. */
const FUNCTION = /^(?:@compute [^\n]*\n)?fn (\w+)\([\s\S]*?\n\}\n?/gm;

function withoutUncalled(code: string, entryPoint: string): string {
  const functions = [...code.matchAll(FUNCTION)].map(([text, name]) => ({ name, text }));
  const called = new Set([entryPoint]);
  for (const name of called) { // a Set visits what is added on the way
    const text = functions.find((candidate) => candidate.name === name)?.text ?? '';
    for (const { name: callee } of functions) if (new RegExp(`\\b${callee}\\(`).test(text)) called.add(callee);
  }
  return code.replace(FUNCTION, (text, name) => (called.has(name) ? text : ''));
}

export function pruned(code: string, { module, entryPoint = 'main', tiles = {}, overrides = {} }: Launch): string {
  let text = rewriteTiles('', { ...module, code }, tiles).replace(/\/\/.*/g, '');
  for (const [name, value] of Object.entries(overrides)) {
    text = text.replace(new RegExp(`^((?:@id\\(\\d+\\) )?override ${name}\\b[^=;]*)(=[^;]*)?;`, 'm'), `$1= ${value};`);
    if (typeof value === 'number') text = withoutDeadArms(text, name, value);
  }
  return withoutUncalled(text, entryPoint);
}
