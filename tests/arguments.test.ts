import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as kernels from '../kernels/index.js';
import { Conv2d, clipGradNorm } from '../nn/index.js';
import * as losses from '../nn/losses.js';
import { DTypeError, TapegradError, grad, init, tensor } from '../index.js';
import { throwsError } from './fixtures/expect.js';

/*
 * Arguments as they come from JavaScript, where no compiler stands in between. What is neither tensor nor number nor array is
 * refused, by name, wherever a public function needs an argument: it never counts as a number, and never becomes NaN.
 */

await init({ device: 'cpu' });

const x = tensor([[1, 2], [3, 4]]);
const image = tensor([[[[1]], [[2]]]]);
const labels = tensor([0, 1], { dtype: 'int32' });
const WRONG: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined], ['null', null], ["'text'", 'text'], ['{}', {}], ['true', true], ['() => 1', () => 1],
];

type Call = (...args: unknown[]) => unknown;

/** The calls that are meant to work. */
const WORKS: Readonly<Record<string, RegExp>> = {
  flip: /^flip\(x, (undefined|null)\)$/, // all axes
  rmsPropStep: /^rmsPropStep\(x, x, x, (undefined|null), x, x\)$|^rmsPropStep\(x, x, x, x, (undefined|null), x\)$/, // states without use
};

for (const [name, value] of Object.entries({ ...kernels, ...losses })) {
  if (typeof value !== 'function' || !/^[a-z]/.test(name)) continue;
  const places = name.endsWith('Step') ? value.length - 1 : value.length; // a step's settings come from the optimisers
  test(`${name} refuses what it cannot take`, () => {
    for (let place = 0; place < places; place++) {
      for (const [shown, wrong] of WRONG) {
        const args = Array.from({ length: value.length }, (_, i) => (i === place ? wrong : x));
        const call = `${name}(${args.map((arg) => (arg === x ? 'x' : shown)).join(', ')})`;
        if (WORKS[name]?.test(call)) continue;
        let result: unknown;
        try {
          result = (value as Call)(...args);
        } catch (error) {
          assert.instance(error, TapegradError, `${call} threw ${error}`);
          continue;
        }
        assert.unreachable(`${call} gave ${result}`);
      }
    }
  });
}

const refusals: readonly (readonly [call: () => unknown, message: RegExp])[] = [
  [() => x.add('1' as never), /^add: b must be a tensor or a number, got '1'; make a tensor with tensor\(\)$/],
  [() => x.mul([1, 2] as never), /^mul: b must be a tensor or a number, got \[1,2\]/],
  [() => x.gt(undefined as never), /^gt: b must be a tensor or a number, got undefined/],
  [() => x.matmul([[1], [2]] as never), /^matmul: b must be a tensor, got \[1,2\]; make one with tensor\(\)$/],
  [() => kernels.conv2d(x, 3 as never), /^conv2d: weight must be a tensor, got 3/],
  [() => kernels.conv2d(x, x, null, { padding: 'same' } as never), /^conv2d: padding must be a number or two, got 'same'$/],
  [() => kernels.maxPool2d(x, { kernelSize: [2] } as never), /^maxPool2d: kernelSize must be a number or two, got \[2\]$/],
  [() => new (Conv2d as never as new (...args: number[]) => unknown)(1, 8), /^Conv2d: kernelSize must be a number or two, got undefined$/],
  [() => clipGradNorm({} as never, 1), /^clipGradNorm: parameters must be an array, got \[object Object\]$/],
  [() => kernels.crossEntropy(x, [0, 1] as never), /^crossEntropy: target must be a tensor, got \[0,1\]/],
  [() => kernels.zeros(3 as never), /^fill: shape must be an array, got 3$/],
  [() => (x.reshape as Call)(4, 1), /^reshape: shape must be an array, got 4$/],
  [() => (x.permute as Call)(1, 0), /^permute: axes must be an array, got 1$/],
  [() => x.slice([0, 1] as never), /^slice: the range of axis 0 must be an array, got 0$/],
  [() => x.pad([1, 1] as never), /^pad: padding of axis 0 must be an array, got 1$/],
  [() => x.leakyRelu({ negativeSlope: 0.2 } as never), /^leakyRelu: negativeSlope must be a number, got \[object Object\]$/],
  [() => x.elu(NaN), /^elu: alpha must be a number, got NaN$/],
  [() => kernels.full([2], '3' as never), /^fill: value must be a number, got '3'$/],
  [() => tensor('text' as never), /^tensor: values must be numbers, or nested arrays of numbers, got 'text'$/],
  [() => tensor(undefined as never), /^tensor: values must be numbers, .*, got undefined$/],
  [() => tensor([x] as never), /^tensor: values must be numbers, .*, got Tensor\(\[2,2\], float32, cpu\)$/],
  [() => kernels.randInt(0, 3, [2], { dtype: 'float32' } as never), /^randInt: there is no option dtype; it takes device$/],
  [() => grad(x.sum(), x as never), /^grad: inputs must be an array, got Tensor/],
  [() => grad('text' as never, [x]), /^grad: outputs must be an array, got 'text'$/],
  [() => x.matmul(new Array(1000).fill(7) as never), /^matmul: b must be a tensor, got \[(7,){30}\.\.\.\]; make one with tensor\(\)$/],
  [() => (x.flatten as Call)(1, 0), /^flatten: startAxis 1 lies after endAxis 0 of shape \[2,2\]; swap them$/],
  [() => x.sum().flatten(1), /^flatten: axis 1 is out of range for a tensor of rank 1$/],
  [() => (kernels.arange as Call)(0, 10, '2'), /^arange: options must be an object of .*, got '2'$/],
  [() => (kernels.arange as Call)(0, 3, 1, 'float32'), /^arange: options must be an object of .*, got 'float32'$/],
  [() => (kernels.arange as Call)(3, 'int32'), /^arange: options must be an object of .*, got 'int32'$/],
  [() => (kernels.arange as Call)(0, 4, null), /^arange: options must be an object of .*, got null$/],
  [() => (kernels.arange as Call)(0, 10, 2, 7), /^arange: takes \(stop\), .*; got \(0, 10, 2, 7\)$/],
  [() => (kernels.arange as Call)(0, {}, 2), /^arange: takes \(stop\), .*; got \(0, \[object Object\], 2\)$/],
  [() => (kernels.arange as Call)('5'), /^arange: takes \(stop\), .*; got \('5'\)$/],
  [() => (kernels.arange as Call)(), /^arange: takes \(stop\), .*; got \(\)$/],
  [() => kernels.convTranspose2d(image, image, { stride: 2 } as never), /^convTranspose2d: bias must be a tensor, got \[object Object\]/],
  [() => kernels.convTranspose2d(image, image, [1] as never), /^convTranspose2d: bias must be a tensor, got \[1\]/],
  [() => kernels.concat([x, undefined as never]), /^concat: tensors\[1\] must be a tensor, got undefined/],
  [() => kernels.concat([1, 2] as never), /^concat: tensors\[0\] must be a tensor, got 1/],
  [() => kernels.stack([undefined as never]), /^stack: tensors\[0\] must be a tensor, got undefined/],
  [() => kernels.interpolate(undefined as never, { scaleFactor: 2 }), /^interpolate: x must be a tensor, got undefined/],
  [() => kernels.pad([1, 2] as never, [[1, 1]], { mode: 'reflect' }), /^pad: x must be a tensor, got \[1,2\]/],
  [() => kernels.pad(x, [[1, 1], [0, 0]], { value: '3' } as never), /^pad: value must be a number, got '3'$/],
  [() => (kernels.sgdStep as Call)(x, x, x), /^sgdStep: options must be an object, got undefined$/],
  [() => kernels.layerNorm(x, 2, { eps: null } as never), /^layerNorm: eps must be a number, got null$/],
  [() => kernels.layerNorm(x, 2, { bias: 3 } as never), /^layerNorm: bias must be a tensor, got 3/],
  [() => kernels.groupNorm(x, 1, { weight: [1, 1] } as never), /^groupNorm: weight must be a tensor, got \[1,1\]/],
  [() => kernels.batchNorm(x, { training: true, eps: '1' } as never), /^batchNorm: eps must be a number, got '1'$/],
  [() => kernels.batchNorm(x, { training: true, momentum: '1' } as never), /^batchNorm: momentum must be a number, got '1'$/],
  [() => x.var({ correction: '1' } as never), /^var: correction must be a number, got '1'$/],
  [() => kernels.crossEntropy(x, labels, { labelSmoothing: '0.1' } as never), /^crossEntropy: labelSmoothing must be a number, got '0\.1'$/],
  [() => kernels.crossEntropy(x, labels, { ignoreIndex: 0.5 }), /^crossEntropy: ignoreIndex must be a whole number .*, got 0\.5$/],
  [() => kernels.crossEntropy(x, labels, { ignoreIndex: null } as never), /^crossEntropy: ignoreIndex must be a whole number .*, got null$/],
  [() => kernels.crossEntropy(x, labels, { weight: [1, 1] } as never), /^crossEntropy: weight must be a tensor, got \[1,1\]/],
  [() => kernels.crossEntropy(x, x, { labelSmoothing: 2 }), /^crossEntropy: labelSmoothing must be from 0 to 1, got 2$/],
  [() => kernels.crossEntropy(x, x, { weight: tensor([1]) }), /^crossEntropy: weight \[1\] does not fit logits \[2,2\]: it must have the shape \[2\]$/],
  [() => kernels.dropout(x, { p: '0.5' } as never), /^dropout: p must be a number, got '0\.5'$/],
  [() => kernels.linear(x, x, { activation: 'relu' } as never), /^linear: bias must be a tensor, got \[object Object\]/],
  [() => image.matmul(tensor([[[1]], [[1]], [[1]]])), /^matmul: batches of \[1,2,1,1\] and \[3,1,1\]: shapes \[1,2\] and \[3\] do not broadcast/],
  [() => (kernels.threshold as Call)(x, 1), /^threshold: value must be a number, got undefined$/],
  [() => (x.clamp as Call)(0), /^clamp: max must be a number, got undefined$/],
  [() => x.add('two\nlines' as never), /^add: b must be a tensor or a number, got 'two lines'; /],
];

test('a refusal names the call, the argument and what it got', () => {
  for (const [call, message] of refusals) throwsError(call, TapegradError, message);
});

test('int32 takes whole numbers of 32 bits only', () => {
  const message = /^fill: value (1\.5|4294967296|NaN) is not a 32-bit integer; use dtype 'float32'$/;
  for (const value of [1.5, 2 ** 32, NaN]) throwsError(() => kernels.full([2], value, { dtype: 'int32' }), DTypeError, message);
  throwsError(() => tensor([1], { dtype: 'int32' }).add(2 ** 32), DTypeError, message);
});

test.run();
