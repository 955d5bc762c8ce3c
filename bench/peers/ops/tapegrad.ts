import {
  type DType, type DeviceName, type Tensor, add, applyOp, avgPool2d, conv2d, gather, getOp, grad, indexSelect, init, layerNorm, matmul,
  maxPool2d, maxPool2dWithIndices, scope, shutdown, softmax, sum, tensor, transpose, zeros,
} from '../../../index.js';
import { LSTM } from '../../../nn/index.js';
import { versionOf } from '../../environment.js';
import { type LoadedRow, type OpContender, type Work, type WorkTable, workOf } from './contender.js';
import { type Row, type Works, inputsOf } from './rows.js';

/** This engine. On the CPU in float64 it gives what the others are compared with. */
export function tapegrad(device: DeviceName = 'webgpu', dtype: DType = 'float32'): OpContender {
  return new Tapegrad(device, dtype);
}

const call = (name: string, inputs: Tensor[], attrs: object) => applyOp(getOp(name), inputs, attrs)[0];

const both = (value: number) => [value, value] as const;

function convolution({ stride, padding, groups }: Works['conv2d']) {
  return { stride: both(stride), padding: [both(padding), both(padding)], dilation: both(1), groups };
}

function pooling(x: Tensor, size: number) {
  const zero = both(0);
  return { kernelSize: both(size), stride: both(size), padding: zero, dilation: both(1), ceilMode: false, countIncludePad: true, inputShape: x.shape };
}

const WORKS: WorkTable<Tensor> = {
  matmul: ([a, b]) => () => matmul(a, b),
  conv2d: ([x, weight], { stride, padding, groups }) => () => conv2d(x, weight, null, { stride, padding, groups }),
  conv2dGradInput: ([gradient, weight], attrs) => () => call('conv2dGradInput', [gradient, weight], { ...convolution(attrs), inputShape: attrs.shape }),
  conv2dGradWeight: ([x, gradient], attrs) => () => call('conv2dGradWeight', [x, gradient], { ...convolution(attrs), weightShape: attrs.shape }),
  maxPool2d: ([x], { size }) => () => maxPool2d(x, { kernelSize: size }),
  avgPool2d: ([x], { size }) => () => avgPool2d(x, { kernelSize: size }),
  maxPool2dGrad(held, { size }) {
    const [gradient, x] = held;
    const { out, indices } = maxPool2dWithIndices(x, { kernelSize: size });
    out.dispose();
    held.push(indices);
    return () => call('maxPool2dGrad', [gradient, indices], pooling(x, size));
  },
  avgPool2dGrad: ([gradient, x], { size }) => () => call('avgPool2dGrad', [gradient], pooling(x, size)),
  softmax: ([x]) => () => softmax(x),
  layerNorm: ([x, weight, bias]) => () => layerNorm(x, weight.shape, { weight, bias }),
  mulAddRelu: ([x, y, z]) => () => x.mul(y).add(z).relu(),
  gate: ([x, y]) => () => x.sigmoid().mul(y.tanh()),
  add: ([a, b]) => () => add(a, b),
  sum: ([x], { axis }) => () => sum(x, axis === null ? {} : { axis }),
  transpose: ([x]) => () => transpose(x, 0, 1),
  indexSelect: ([x, index]) => () => indexSelect(x, index, { axis: 0 }),
  gather: ([x, index]) => () => gather(x, index, { axis: 1 }),
  lstm(held) {
    const [x, weightIh, weightHh, bias, gradient] = held;
    const { device, dtype } = x;
    const layer = new LSTM(x.shape[2], weightHh.shape[1], { batchFirst: true, device, dtype });
    const parameters = layer.parameters();
    held.push(...parameters);
    const noBias = zeros(bias.shape, { device, dtype });
    layer.loadStateDict({ weight_ih_l0: weightIh, weight_hh_l0: weightHh, bias_ih_l0: bias, bias_hh_l0: noBias });
    noBias.dispose();
    x.requiresGrad = true;
    return () => {
      const [output] = layer.call(x);
      const gradients = grad([output], [x, layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0], { gradOutputs: [gradient] });
      return [output, ...gradients];
    };
  },
};

class Tapegrad implements OpContender {
  readonly name: string;
  readonly version = versionOf();

  constructor(private readonly device: DeviceName, private readonly dtype: DType) {
    this.name = `tapegrad ${device}`;
  }

  async prepare(): Promise<void> {
    await init({ device: this.device });
  }

  async load(row: Row): Promise<LoadedRow> {
    const { device, dtype } = this;
    const held = inputsOf(row).map(({ shape, data }) => tensor(data, shape, { device, dtype: data instanceof Int32Array ? 'int32' : dtype }));
    const work = workOf(WORKS, row, held);
    return { outputs: () => outputsOf(work), run: (calls) => run(work, calls), dispose: () => held.forEach((t) => t.dispose()) };
  }

  dispose(): void {
    shutdown(this.device);
  }
}

function outputsOf(work: Work<Tensor>): Promise<ArrayLike<number>[]> {
  return scope(() => Promise.all([work()].flat().map((output) => output.data())));
}

async function run(work: Work<Tensor>, calls: number): Promise<void> {
  for (let i = 1; i < calls; i++) scope(() => void work());
  await scope(() => {
    const [output] = [work()].flat();
    return output.reshape([output.size]).narrow(0, 0, 1).item();
  });
}
