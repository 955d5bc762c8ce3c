import { createCnn } from '../../../examples/mnist-cnn/model.js';
import { type DeviceName, crossEntropy, init, scope, shutdown, tensor } from '../../../index.js';
import type { Sequential } from '../../../nn/index.js';
import { Adam } from '../../../optim/index.js';
import { versionOf } from '../../environment.js';
import type { Contender } from './contender.js';
import { ADAM, initialParameters, trainingBatches } from './workload.js';

/** This engine: WGSL kernels, or the CPU reference. */
export function tapegrad(device: DeviceName): Contender {
  return new Tapegrad(device);
}

class Tapegrad implements Contender {
  readonly name: string;
  readonly version = versionOf();
  private readonly batches = trainingBatches();
  private model!: Sequential;
  private optimizer!: Adam;

  constructor(private readonly device: DeviceName) {
    this.name = `tapegrad ${device}`;
  }

  async prepare(): Promise<void> {
    await init({ device: this.device });
    this.model = createCnn();
    scope(() => {
      const entries = Object.entries(initialParameters()).map(([name, { shape, data }]) => [name, tensor(data, shape)]);
      this.model.loadStateDict(Object.fromEntries(entries));
    });
    this.optimizer = new Adam(this.model.parameters(), { lr: ADAM.lr, betas: [ADAM.beta1, ADAM.beta2], eps: ADAM.eps });
  }

  step(): Promise<number> {
    const { inputs, shape, targets } = this.batches.next().value;
    return scope(() => {
      this.optimizer.zeroGrad();
      const loss = crossEntropy(this.model.call(tensor(inputs, shape)), tensor(targets));
      loss.backward();
      this.optimizer.step();
      return loss.item();
    });
  }

  dispose(): void {
    this.optimizer.dispose();
    this.model.dispose();
    shutdown(this.device);
  }
}
