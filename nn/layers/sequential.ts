import type { Tensor } from '../../core/tensor.js';
import { type AnyModule, Module, requireModule } from '../module.js';
import { ReLU } from './activations.js';
import { Conv2d } from './conv2d.js';
import { Linear } from './linear.js';

/**
 * Layers one after the other, given one by one. Their parameters are named by position: `0.weight`. A Linear or Conv2d and the ReLU after it run as
 * one kernel, with the same values. PyTorch's name: `nn.Sequential`.
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    layers.forEach((layer, i) => requireModule('Sequential', `layer ${i}`, layer));
    this.layers = layers;
  }

  /** The layers by position, then what a subclass has beside them. */
  override namedChildren(): [string, AnyModule][] {
    return super.namedChildren().map(([name, child]) => [name.replace(/^layers\./, ''), child]);
  }

  forward(x: Tensor): Tensor {
    let value = x;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i];
      if (fusesRelu(layer) && isPlainRelu(this.layers[i + 1])) {
        value = layer.forwardRelu(value);
        i++; // the ReLU is done
      } else {
        value = layer.call(value);
      }
    }
    return value;
  }
}

/* Nothing is fused where a hook watches one of the two layers, or a subclass or the doctor has put another `forward` there. */

function fusesRelu(layer: Module): layer is Linear | Conv2d {
  const { forward } = layer;
  return (forward === Linear.prototype.forward || forward === Conv2d.prototype.forward) && !layer.hasForwardHooks;
}

function isPlainRelu(layer: Module | undefined): boolean {
  return layer?.forward === ReLU.prototype.forward && !layer.hasForwardHooks;
}
