import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { type DType, type DeviceName, type Tensor, scope, shutdown, tensor } from '../index.js';
import { readIdx } from '../datasets/index.js';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, crossEntropy } from '../nn/index.js';
import { Adam } from '../optim/index.js';
import { assertClose, assertNoLeak, initBothDevices, skip } from './support.js';

/*
 * The mission's network as PyTorch computes it in float64 (TAPEGRAD_DATA/oracle/cnn): logits, loss and gradients of 8
 * digits, and the losses of Adam steps on batches of 32.
 */

interface Oracle {
  weights: { name: string; shape: number[]; offset_bytes: number; count: number }[];
  images: { indices: number[]; labels: number[] };
  expected: {
    logits: { data: number[] };
    loss: number;
    grads: { name: string; l2_norm: number; first_20: number[]; spread_indices: number[]; spread_values: number[] }[];
  };
  training: {
    optimizer: { lr: number; betas: [number, number]; eps: number };
    batch_size: number;
    first_image_of_batch: number[];
    loss_before_step: number[];
    logits_of_images_after: { data: number[] };
  };
  float32_error: { logits: number; loss: number; grads: number; loss_before_step: number[]; logits_of_images_after: number };
}

const test = suite('nn: the network of the mission');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

interface Edge {
  device: DeviceName;
  dtype: DType;
}

const EDGES: Edge[] = [
  { device: 'cpu', dtype: 'float64' },
  { device: 'cpu', dtype: 'float32' },
  { device: 'webgpu', dtype: 'float32' },
];

/** float64 to 1e-10; float32 to 8 times what PyTorch's own float32 is off by: sums in another order err as much. */
const toleranceFor = (dtype: DType, float32Error: number) =>
  (dtype === 'float64' ? { relative: 1e-10, absolute: 1e-13 } : { relative: 1e-6, absolute: 8 * float32Error });

const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((total, value) => total + value * value, 0));

const data = process.env.TAPEGRAD_DATA;
if (data && existsSync(join(data, 'oracle', 'cnn'))) {
  const oracle: Oracle = JSON.parse(readFileSync(join(data, 'oracle', 'cnn', 'cnn.json'), 'utf8'));
  const weights = readFileSync(join(data, 'oracle', 'cnn', 'weights.bin'));
  const images = await readIdx(join(data, 'mnist', 'train-images-idx3-ubyte.gz'));
  const labels = await readIdx(join(data, 'mnist', 'train-labels-idx1-ubyte.gz'));

  /** The network with the given weights. */
  const createModel = ({ device, dtype }: Edge): Sequential => {
    const at = { device, dtype };
    const model = new Sequential(
      new Conv2d(1, 32, 3, at), new ReLU(), new MaxPool2d(2),
      new Conv2d(32, 64, 3, at), new ReLU(), new MaxPool2d(2),
      new Flatten(), new Linear(1600, 128, at), new ReLU(), new Linear(128, 10, at),
    );
    const tensors = oracle.weights.map(({ shape, offset_bytes, count }) => {
      const bytes = new Uint8Array(weights.subarray(offset_bytes, offset_bytes + 4 * count));
      return tensor(new Float32Array(bytes.buffer), shape, { device, dtype });
    });
    model.loadStateDict(Object.fromEntries(model.namedParameters().map(([name], i) => [name, tensors[i]])));
    return model;
  };

  const batchOf = (indices: readonly number[], { device, dtype }: Edge): [Tensor, Tensor] => {
    const pixels = indices.flatMap((index) => Array.from(images.data.subarray(784 * index, 784 * (index + 1))));
    return [
      tensor(pixels.map((pixel) => Math.fround(pixel / 255)), [indices.length, 1, 28, 28], { device, dtype }),
      tensor(indices.map((index) => labels.data[index]), [indices.length], { device, dtype: 'int32' }),
    ];
  };

  for (const edge of EDGES) {
    const { device, dtype } = edge;
    const { expected, training, float32_error: error } = oracle;
    const steps = training.first_image_of_batch.length;

    test(`logits, loss and gradients on ${device} ${dtype}`, () =>
      assertNoLeak(async () => {
        const model = createModel(edge);
        const [input, target] = batchOf(oracle.images.indices, edge);
        const logits = model.call(input);
        const loss = crossEntropy(logits, target);
        loss.backward();
        assertClose(await logits.data(), expected.logits.data, toleranceFor(dtype, error.logits), 'logits');
        assertClose([await loss.item()], [expected.loss], toleranceFor(dtype, error.loss), 'loss');
        for (const [i, parameter] of model.parameters().entries()) {
          const { name, l2_norm, first_20, spread_indices, spread_values } = expected.grads[i];
          const gradient = await parameter.grad!.data();
          const tolerance = toleranceFor(dtype, error.grads);
          assertClose(gradient.slice(0, 20), first_20, tolerance, `first values of d/d${name}`);
          assertClose(spread_indices.map((at) => gradient[at]), spread_values, tolerance, `values of d/d${name}`);
          assertClose([norm(gradient)], [l2_norm], tolerance, `norm of d/d${name}`);
        }
        model.dispose();
      }));

    test(`${steps} Adam steps on ${device} ${dtype}`, () =>
      assertNoLeak(async () => {
        const model = createModel(edge);
        const { lr, betas, eps } = training.optimizer;
        const optimizer = new Adam(model.parameters(), { lr, betas, eps });
        for (let step = 0; step < steps; step++) {
          await scope(async () => {
            const first = training.first_image_of_batch[step];
            const [input, target] = batchOf(Array.from({ length: training.batch_size }, (_, i) => first + i), edge);
            optimizer.zeroGrad();
            const loss = crossEntropy(model.call(input), target);
            loss.backward();
            optimizer.step();
            // Errors of earlier steps are still in the weights.
            const worst = Math.max(...error.loss_before_step.slice(0, step + 1));
            assertClose([await loss.item()], [training.loss_before_step[step]], toleranceFor(dtype, worst), `loss before step ${step + 1}`);
          });
        }
        const logits = model.call(batchOf(oracle.images.indices, edge)[0]);
        const tolerance = toleranceFor(dtype, error.logits_of_images_after);
        assertClose(await logits.data(), training.logits_of_images_after.data, tolerance, 'logits after training');
        optimizer.dispose();
        model.dispose();
      }));
  }
} else {
  skip('TAPEGRAD_DATA holds no oracle/cnn: set it to the reference values to compare the network with PyTorch');
}

test.run();
