import type { Spec } from '../../core/backend.js';
import { type KernelPlan, type Launch, gridFor } from '../../core/webgpu/kernel.js';
import { rowsOf } from '../rows.js';
import { partsOf } from '../softmax/shares.js';
import crossEntropyWgsl from './crossEntropy.wgsl';
import type { CrossEntropyAttrs } from './layout.js';

/** `result` is what each sample gets: its loss, or the gradient of its scores. */
export function planCrossEntropy(
  result: 'losses' | 'grad', logits: Spec, hasWeight: boolean, attrs: CrossEntropyAttrs, variant?: string,
): KernelPlan {
  const scores = rowsOf(logits.shape, 1);
  const { rows: samples, length: classes, inner } = scores;
  const parts = partsOf(scores, variant);
  const common: Pick<Launch, 'module' | 'bind' | 'overrides' | 'params'> = {
    module: crossEntropyWgsl,
    bind: { targets: 'target', ...(hasWeight ? {} : { weight: 'logits' }) },
    overrides: { HAS_WEIGHT: hasWeight, SMOOTHED: attrs.labelSmoothing > 0 },
    params: { samples, classes, inner, parts: parts ?? 1, ignore_index: attrs.ignoreIndex, smoothing: attrs.labelSmoothing },
  };
  if (parts === null) return { launches: [{ ...common, entryPoint: result, workgroups: gridFor(samples, 64) }] };
  return {
    scratch: { states: { shape: [samples, parts, 4], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'statistics', workgroups: gridFor(samples * parts, 64) },
      { ...common, entryPoint: 'combine', workgroups: gridFor(samples, 64) },
      { ...common, entryPoint: `shared_${result}`, workgroups: gridFor(result === 'losses' ? samples : samples * classes, 64) },
    ],
  };
}
