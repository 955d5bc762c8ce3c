import { setFlagsFromString } from 'node:v8';
import { importPeer, versionOfPeer } from '../installed.js';
import { provideWebGpu } from '../webgpu.js';
import { LacksOp, type LoadedRow, type OpContender } from './contender.js';
import { type Row, type Works, inputsOf } from './rows.js';

/** ONNX Runtime Web on WebGPU: each row is a model of one to three nodes. It has no gradients but those that are ops of ONNX. */
export function onnxRuntime(): OpContender {
  return new OnnxRuntime();
}

interface GpuTensor {
  readonly gpuBuffer: GPUBuffer;
  getData(): Promise<Float32Array>;
  dispose(): void;
}

interface Session {
  run(feeds: Record<string, GpuTensor>): Promise<Record<string, GpuTensor>>;
  release(): Promise<void>;
}

/** What is used of `onnxruntime-web`. */
interface Engine {
  readonly env: { readonly wasm: { numThreads: number }; readonly webgpu: { readonly device: Promise<GPUDevice> } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: { fromGpuBuffer(buffer: GPUBuffer, options: { dataType: 'float32' | 'int32'; dims: readonly number[] }): GpuTensor };
}

/** What is used of `onnx-proto`: the messages of onnx.proto. */
interface Protobuf {
  readonly default: { readonly onnx: { readonly ModelProto: { encode(model: object): { finish(): Uint8Array } } } };
}

/** A node of a model; it takes the values named by `inputs`, and its result is named by `output`. */
interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attrs?: Readonly<Record<string, number | readonly number[]>>;
}

interface Graph {
  readonly nodes: readonly Node[];
  /** Values known beforehand: whole numbers, as `axes` are. */
  readonly constants?: Readonly<Record<string, readonly number[]>>;
}

/** Names of a graph's inputs, in a row's order, and of its result. */
const INPUTS = ['a', 'b', 'c'];
const RESULT = 'result';

/** A graph of one node. */
function single(op: string, count: number, attrs: Node['attrs'] = {}): Graph {
  return { nodes: [{ op, inputs: INPUTS.slice(0, count), output: RESULT, attrs }] };
}

function lacksGradient(): never {
  throw new LacksOp('ONNX has no such gradient');
}

function convolution({ stride, padding, groups }: Works['conv2d']): Record<string, number | number[]> {
  return { strides: [stride, stride], pads: Array(4).fill(padding), group: groups, kernel_shape: [3, 3] };
}

const pooling = (size: number) => ({ kernel_shape: [size, size], strides: [size, size] });

const GRAPHS: { readonly [Op in keyof Works]: (attrs: Works[Op], row: Row) => Graph } = {
  matmul: () => single('MatMul', 2),
  conv2d: (attrs) => single('Conv', 2, convolution(attrs)),
  /** What a stride leaves over at the end of an axis is `output_padding`. */
  conv2dGradInput(attrs, { inputs: [gradient] }) {
    const { stride, padding, shape } = attrs;
    const leftOver = [2, 3].map((axis) => shape[axis] - ((gradient.shape[axis] - 1) * stride + 3 - 2 * padding));
    return single('ConvTranspose', 2, { ...convolution(attrs), output_padding: leftOver });
  },
  conv2dGradWeight: lacksGradient,
  maxPool2d: ({ size }) => single('MaxPool', 1, pooling(size)),
  avgPool2d: ({ size }) => single('AveragePool', 1, pooling(size)),
  maxPool2dGrad: lacksGradient,
  avgPool2dGrad: lacksGradient,
  softmax: () => single('Softmax', 1, { axis: -1 }),
  layerNorm: () => single('LayerNormalization', 3, { axis: -1 }),
  mulAddRelu: () => ({
    nodes: [
      { op: 'Mul', inputs: ['a', 'b'], output: 'product' },
      { op: 'Add', inputs: ['product', 'c'], output: 'sum' },
      { op: 'Relu', inputs: ['sum'], output: RESULT },
    ],
  }),
  gate: () => ({
    nodes: [
      { op: 'Sigmoid', inputs: ['a'], output: 'opening' },
      { op: 'Tanh', inputs: ['b'], output: 'signal' },
      { op: 'Mul', inputs: ['opening', 'signal'], output: RESULT },
    ],
  }),
  add: () => single('Add', 2),
  sum: ({ axis }) => ({
    nodes: [{ op: 'ReduceSum', inputs: ['a', 'axes'], output: RESULT, attrs: { keepdims: 0 } }],
    constants: { axes: axis === null ? [0, 1] : [axis] },
  }),
  transpose: () => single('Transpose', 1, { perm: [1, 0] }),
  indexSelect: () => single('Gather', 2, { axis: 0 }),
  gather: () => single('GatherElements', 2, { axis: 1 }),
  lstm: lacksGradient,
};

/** Numbers of onnx.proto. */
const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

function attribute([name, value]: [string, number | readonly number[]]): object {
  return typeof value === 'number' ? { name, type: ATTRIBUTE_INT, i: value } : { name, type: ATTRIBUTE_INTS, ints: value };
}

function valueInfo(name: string, elemType: number, shape?: readonly number[]): object {
  return { name, type: { tensorType: { elemType, shape: shape && { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}

/** The model as onnx.proto has it; layer normalization came with opset 17. */
function modelOf({ nodes, constants = {} }: Graph, { inputs }: Row): object {
  return {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'row',
      node: nodes.map(({ op, inputs: input, output, attrs = {} }) => (
        { opType: op, input, output: [output], attribute: Object.entries(attrs).map(attribute) }
      )),
      initializer: Object.entries(constants).map(([name, values]) => ({ name, dims: [values.length], dataType: INT64, int64Data: values })),
      input: inputs.map(({ shape, dtype }, i) => valueInfo(INPUTS[i], dtype === 'int32' ? INT32 : FLOAT, shape)),
      output: [valueInfo(RESULT, FLOAT)],
    },
  };
}

/**
 * For dense convolutions NHWC, its default, is up to 2.4 times as fast, transposes included; all else with images is up to 4 times
 * slower in it. Measured on lavapipe.
 */
function fasterLayout(row: Row): 'NCHW' | 'NHWC' {
  const isDense = (row.op === 'conv2d' || row.op === 'conv2dGradInput') && row.attrs.groups === 1 && row.inputs[1].shape[1] > 1;
  return isDense ? 'NHWC' : 'NCHW';
}

/** The least severe of what it logs. */
const ERRORS = 3;

/** Its WebAssembly memory is shared between threads, and Dawn's binding for Node uploads from no such memory: a copy stands in. */
function uploadFromSharedMemory(): void {
  const { writeBuffer } = GPUQueue.prototype;
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, from, size) {
    const isShared = data instanceof Uint8Array && (data.buffer as ArrayBufferLike) instanceof SharedArrayBuffer;
    writeBuffer.call(this, buffer, offset, (isShared ? data.slice() : data) as GPUAllowSharedBufferSource, from, size);
  };
}

class OnnxRuntime implements OpContender {
  readonly name = 'onnxruntime webgpu';
  readonly version = versionOfPeer('onnxruntime-web');
  private engine!: Engine;
  private protobuf!: Protobuf;
  /** Its device comes with the first session, and goes with the last. */
  private first!: Session;
  private device!: GPUDevice;
  /** Where the element that `run` reads arrives. */
  private arrival!: GPUBuffer;

  async prepare(): Promise<void> {
    provideWebGpu();
    uploadFromSharedMemory();
    // V8 takes 35 s to optimize its module, and the code runs no faster for it: nearly all work is the kernels'. The flag is for
    // the whole process, in which nothing else is WebAssembly.
    setFlagsFromString('--liftoff-only');
    this.engine = await importPeer<Engine>('onnxruntime-web/webgpu');
    this.protobuf = await importPeer<Protobuf>('onnx-proto');
    this.engine.env.wasm.numThreads = 1;
    const anyRow: Row = { name: 'start', op: 'add', attrs: {}, inputs: [{ shape: [1] }, { shape: [1] }] };
    this.first = await this.open(anyRow);
    this.device = await this.engine.env.webgpu.device;
    this.arrival = this.device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  async load(row: Row): Promise<LoadedRow> {
    const session = await this.open(row);
    const buffers: GPUBuffer[] = [];
    const feeds = Object.fromEntries(inputsOf(row).map(({ shape, data }, i) => {
      const buffer = this.upload(data);
      buffers.push(buffer);
      const dataType = data instanceof Int32Array ? 'int32' : 'float32';
      return [INPUTS[i], this.engine.Tensor.fromGpuBuffer(buffer, { dataType, dims: shape })];
    }));
    return {
      async outputs() {
        const { [RESULT]: output } = await session.run(feeds);
        const values = await output.getData();
        output.dispose();
        return [values];
      },
      run: (calls) => this.run(session, feeds, calls),
      dispose() {
        for (const buffer of buffers) buffer.destroy();
        void session.release();
      },
    };
  }

  dispose(): void {
    this.arrival.destroy();
    void this.first.release();
  }

  private open(row: Row): Promise<Session> {
    const graphOf = GRAPHS[row.op] as (attrs: object, row: Row) => Graph;
    const model = this.protobuf.default.onnx.ModelProto.encode(modelOf(graphOf(row.attrs, row), row)).finish();
    return this.engine.InferenceSession.create(model, {
      executionProviders: [{ name: 'webgpu', preferredLayout: fasterLayout(row) }], preferredOutputLocation: 'gpu-buffer', logSeverityLevel: ERRORS,
    });
  }

  private upload(data: Float32Array | Int32Array): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = this.device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage });
    this.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return buffer;
  }

  private async run(session: Session, feeds: Record<string, GpuTensor>, calls: number): Promise<void> {
    for (let i = 1; i < calls; i++) (await session.run(feeds))[RESULT].dispose();
    const { [RESULT]: output } = await session.run(feeds);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(output.gpuBuffer, 0, this.arrival, 0, 4);
    this.device.queue.submit([encoder.finish()]);
    output.dispose();
    await this.arrival.mapAsync(GPUMapMode.READ);
    this.arrival.unmap();
  }
}
