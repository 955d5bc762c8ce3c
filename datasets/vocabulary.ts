import { TapegradError } from '../core/errors.js';
import { readOptions, requireArray, requireNumber, requireWhole } from '../core/options.js';

/** Lower-case words and punctuation marks, each a token; what is between them is dropped. Letters and digits of any script count. */
export function wordTokens(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*|[^\s\p{L}\p{N}]/gu) ?? [];
}

/** The characters of a text (code points), each a token. */
export function characterTokens(text: string): string[] {
  return [...text];
}

export interface VocabularyOptions {
  /** Tokens that are always there, numbered from 0. Default `<pad>` and `<unk>`. */
  specials?: readonly string[];
  /** Keep only this many tokens, the most frequent ones; specials included. Default: all. */
  maxSize?: number;
  /** Keep only tokens that occur at least this often. Default 1. */
  minCount?: number;
}

/** Numbers for tokens, and back. */
export class Vocabulary {
  private readonly numbers: ReadonlyMap<string, number>;
  /** What an unknown token becomes; null if the vocabulary has no `<unk>`. */
  private readonly unknown: number | null;

  /** `tokens` in the order of their numbers. */
  constructor(readonly tokens: readonly string[]) {
    this.numbers = new Map(tokens.map((token, number) => [token, number]));
    if (this.numbers.size !== tokens.length) throw new TapegradError('Vocabulary: a token is listed twice');
    this.unknown = this.numbers.get('<unk>') ?? null;
  }

  /** The tokens of `texts`, by falling frequency; those of one frequency in alphabetical order. */
  static build(texts: Iterable<readonly string[]>, options: VocabularyOptions = {}): Vocabulary {
    const defaults = { specials: ['<pad>', '<unk>'], maxSize: Infinity, minCount: 1 };
    const { specials, maxSize, minCount } = readOptions('Vocabulary.build', options, defaults);
    requireArray('Vocabulary.build', 'specials', specials);
    if (maxSize !== Infinity) requireWhole('Vocabulary.build', `maxSize with ${specials.length} specials`, maxSize, specials.length);
    requireNumber('Vocabulary.build', 'minCount', minCount);
    const counts = new Map<string, number>();
    for (const tokens of texts) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const special of specials) counts.delete(special);
    const frequent = [...counts].filter(([, count]) => count >= minCount).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return new Vocabulary([...specials, ...frequent.slice(0, maxSize - specials.length).map(([token]) => token)]);
  }

  get size(): number {
    return this.tokens.length;
  }

  /** The number of `token`; that of `<unk>` if it is not known. Throws for an unknown token without `<unk>`. */
  numberOf(token: string): number {
    const number = this.numbers.get(token) ?? this.unknown;
    if (number === null) {
      throw new TapegradError(`Vocabulary: no number for the token ${JSON.stringify(token)}; build it with '<unk>' among the specials`);
    }
    return number;
  }

  encode(tokens: readonly string[]): Int32Array {
    return Int32Array.from(tokens, (token) => this.numberOf(token));
  }

  /** The tokens of `numbers`. Throws for a number that is not of this vocabulary. */
  decode(numbers: ArrayLike<number>): string[] {
    return Array.from(numbers, (number) => {
      const token = this.tokens[number];
      if (token === undefined) throw new TapegradError(`Vocabulary: ${number} is not a number from 0 to ${this.size - 1}`);
      return token;
    });
  }
}
