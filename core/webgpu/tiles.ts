import { TapegradError } from '../errors.js';
import type { Launch, WgslModule } from './kernel.js';

/**
 * The module's code with new initialisers for constants and aliases marked `// tile`:
 *
 *     const TILE: u32 = 8; // tile        { TILE: 16 }       ->  const TILE: u32 = 16; // tile
 *     alias Element = f32; // tile        { Element: 'f16' } ->  alias Element = f16; // tile
 *
 * Lines keep their numbers, so that compiler messages still point into the file.
 */
export function rewriteTiles(op: string, module: WgslModule, tiles: NonNullable<Launch['tiles']>): string {
  let code = module.code;
  for (const [name, value] of Object.entries(tiles)) {
    const line = new RegExp(`^([ \\t]*(?:const|alias)[ \\t]+${name}\\b[^=\\n]*=[ \\t]*)[^;\\n]+(;[^\\n]*//[ \\t]*tile\\b)`, 'm');
    if (!module.tiles.some((tile) => tile.name === name) || !line.test(code)) {
      const known = module.tiles.map((tile) => tile.name).join(', ') || 'none';
      throw new TapegradError(`${op}: ${module.name} has no constant ${name} marked '// tile' (there is: ${known})`);
    }
    code = code.replace(line, (_, before: string, after: string) => `${before}${value}${after}`);
  }
  return code;
}
