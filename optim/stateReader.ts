import { TapegradError } from '../core/errors.js';
import { sameShape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import type { OptimizerState } from './optimizer.js';

/** Reads a saved state entry by entry, checks each, and knows what nobody asked for. */
export class StateReader {
  private readonly unread: Set<string>;

  constructor(private readonly optimizer: string, private readonly state: OptimizerState) {
    this.unread = new Set([...Object.keys(state.numbers), ...Object.keys(state.tensors)]);
  }

  has(name: string): boolean {
    return this.unread.has(name);
  }

  number(name: string): number {
    this.unread.delete(name);
    const value = this.state.numbers[name];
    if (!Number.isFinite(value)) this.refuse(`${name} is ${value}, not a number`);
    return value;
  }

  /** A tensor of the shape, dtype and device of `parameter`. */
  tensor(name: string, parameter: Tensor): Tensor {
    this.unread.delete(name);
    const saved = this.state.tensors[name];
    if (!saved) this.refuse(`${name} is missing`);
    const show = ({ dtype, shape, device }: Tensor) => `${dtype} [${shape}] on ${device}`;
    if (!sameShape(saved.shape, parameter.shape) || saved.dtype !== parameter.dtype || saved.device !== parameter.device) {
      this.refuse(`${name} is ${show(saved)}, its parameter ${show(parameter)}`);
    }
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
