import { TapegradError } from '../core/errors.js';
import { show } from '../core/options.js';
import { Tensor, describeTensor, isLike } from '../core/tensor.js';
import type { OptimizerState } from './optimizer.js';

/** Reads a saved state entry by entry, checks each, and knows what nobody asked for. */
export class StateReader {
  private readonly unread: Set<string>;

  constructor(private readonly optimizer: string, private readonly state: OptimizerState) {
    for (const part of ['tensors', 'numbers'] as const) {
      const found: unknown = state?.[part];
      if (typeof found !== 'object' || found === null) this.refuse(`its ${part} must be an object by name, got ${show(found)}`);
    }
    this.unread = new Set([...Object.keys(state.numbers), ...Object.keys(state.tensors)]);
  }

  has(name: string): boolean {
    return this.unread.has(name);
  }

  number(name: string): number {
    this.unread.delete(name);
    const value = this.state.numbers[name];
    if (!Number.isFinite(value)) this.refuse(`${name} is ${show(value)}, not a number`);
    return value;
  }

  /** A tensor of the shape, dtype and device of `parameter`. */
  tensor(name: string, parameter: Tensor): Tensor {
    this.unread.delete(name);
    const saved = this.state.tensors[name];
    if (saved === undefined) this.refuse(`${name} is missing`);
    if (!(saved instanceof Tensor)) this.refuse(`${name} must be a tensor, got ${show(saved)}`);
    if (!isLike(saved, parameter)) this.refuse(`${name} is ${describeTensor(saved)}, its parameter ${describeTensor(parameter)}`);
    return saved;
  }

  /** Throws if something was not read. */
  finish(): void {
    if (this.unread.size > 0) this.refuse(`${[...this.unread].join(', ')} unexpected`);
  }

  private refuse(problem: string): never {
    throw new TapegradError(`${this.optimizer}: the saved state does not fit: ${problem}`);
  }
}
