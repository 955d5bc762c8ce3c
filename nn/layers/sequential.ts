import type { Tensor } from '../../core/tensor.js';
import { Module } from '../module.js';

/** Layers one after the other. Their parameters are named by position: `0.weight`. PyTorch's name: `nn.Sequential`. */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    this.layers = layers;
  }

  override namedChildren(): [string, Module][] {
    return this.layers.map((layer, i) => [String(i), layer]);
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.call(value), x);
  }
}
