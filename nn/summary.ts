import type { DType } from '../core/dtype.js';
import { scope } from '../core/memory.js';
import type { Shape } from '../core/shape.js';
import { noGrad } from '../core/gradMode.js';
import { zeros } from '../kernels/fill/op.js';
import { switchToEval } from './mode.js';
import type { Module } from './module.js';

const count = (n: number) => n.toLocaleString('en-US');

/** Shapes that the modules of `model` give for zeros of `inputShape`, in evaluation mode. */
function outputShapes(model: Module, inputShape: Shape, dtype: DType | undefined): Map<Module, Shape> {
  const shapes = new Map<Module, Shape>();
  const removers = model.namedModules().map(([, module]) => module.registerForwardHook((_, __, output) => shapes.set(module, output.shape)));
  const [like] = model.parameters();
  const switchBack = switchToEval(model);
  try {
    scope(() => {
      noGrad(() => model.call(zeros(inputShape, { dtype: dtype ?? like?.dtype, device: like?.device })));
    });
  } finally {
    removers.forEach((remove) => remove());
    switchBack();
  }
  return shapes;
}

/** See `Module.summary`. Containers without tensors of their own are left out. */
export function summarize(model: Module, inputShape: Shape, { dtype }: { dtype?: DType }): string {
  const shapes = outputShapes(model, inputShape, dtype);
  const rows = [['layer', 'output shape', 'parameters']];
  for (const [name, module] of model.namedModules()) {
    if (module.namedChildren().length > 0 && module.ownTensors().length === 0) continue;
    const shape = shapes.get(module);
    const own = module.ownTensors().filter(([, t]) => model.parameters().includes(t));
    rows.push([
      `${name} ${module.constructor.name}`.trim(),
      shape ? `[${shape}]` : '-',
      count(own.reduce((total, [, t]) => total + t.size, 0)),
    ]);
  }
  const total = model.parameters().reduce((sum, t) => sum + t.size, 0);
  rows.push(['total', '', count(total)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(([layer, shape, size]) => `${layer.padEnd(widths[0])}  ${shape.padEnd(widths[1])}  ${size.padStart(widths[2])}`)
    .join('\n');
}
