import type { Spec } from '../../core/backend.js';
import { type KernelPlan, type Launch, gridFor } from '../../core/webgpu/kernel.js';
import { freeWalk, walkWithin } from '../runs.js';
import channelSumsWgsl from './channelSums.wgsl';
import { type NormalizeLayout, valuesOfChannel, valuesOfGroup } from './layout.js';
import momentsWgsl from './moments.wgsl';
import normalizeWgsl from './normalize.wgsl';

/** Values that one invocation takes before it pays to share a group or a channel between several. */
const VALUES_A_PART = 128;

/** States that one invocation combines: as in moments.wgsl. */
const FAN_IN = 64;
const MAX_PARTS = FAN_IN ** 2;

/** channelSums.wgsl adds the parts of a channel in one go. */
const MAX_CHANNEL_PARTS = 256;

/** Runs shorter than this are read across: neighbouring invocations take neighbouring groups. */
const SHORT_RUN = 8;

/** Which operands a call has. */
export interface NormalizeOperands {
  readonly weight: boolean;
  readonly bias: boolean;
}

/** What the channel of a value is: as in the shaders. */
const CHANNEL_IS_GROUP = 0;
const CHANNEL_IS_PLACE = 1;
const CHANNEL_IS_NEITHER = 2;

function channelKind({ blocks, groups, inner, channels, step }: NormalizeLayout): number {
  if (channels === groups && step === inner) return CHANNEL_IS_GROUP;
  return blocks === 1 && channels === inner && step === 1 ? CHANNEL_IS_PLACE : CHANNEL_IS_NEITHER;
}

/** Neighbours that have all in common, but for the weight where a channel is a place in a group. */
function alikeOf(layout: NormalizeLayout): number {
  return channelKind(layout) === CHANNEL_IS_NEITHER ? layout.step : layout.inner;
}

function partsFor(values: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(values / VALUES_A_PART)));
}

const floats = (...shape: number[]): Spec => ({ shape, dtype: 'float32' });

/** Statistics of every group, shared out and put together again. `entryPoint` makes the results of the last states. */
function planMoments(
  layout: NormalizeLayout, eps: number, entryPoint: string, overrides: Launch['overrides'], bind: Launch['bind'],
): Required<KernelPlan> {
  const { blocks, groups, inner, channels, step } = layout;
  const count = valuesOfGroup(layout);
  const parts = partsFor(count, MAX_PARTS);
  const hop = 4 * parts;
  const hopBlocks = inner > 0 ? Math.floor(hop / inner) : 0;
  const common = {
    module: momentsWgsl,
    bind,
    overrides: { VECTORS: alikeOf(layout) % 4 === 0, PARTS_FIRST: blocks === 1 || inner >= SHORT_RUN, CHANNEL: channelKind(layout), ...overrides },
  };
  const fixed = { groups, inner, channels, step, count, parts, hop_blocks: hopBlocks, hop_inner: hop - hopBlocks * inner, eps };
  const launches: Launch[] = [];
  let [first, sources] = [0, parts];
  const launch = (stage: string, targets: number) => {
    const params = { ...fixed, first, sources, targets };
    launches.push({ ...common, entryPoint: stage, params, workgroups: gridFor(groups * targets, 64) });
  };
  launch('partial', parts);
  while (sources > FAN_IN) {
    const targets = Math.ceil(sources / FAN_IN);
    launch('merge', targets);
    first += sources;
    sources = targets;
  }
  launch(entryPoint, 1);
  // A binding holds one state at least, even where there are no groups.
  return { launches, scratch: { states: floats(first + sources, Math.max(groups, 1), 5) } };
}

/** One pass over the elements, with statistics or coefficients at hand. */
function elementwise(
  entryPoint: string, layout: NormalizeLayout, eps: number, operands: NormalizeOperands, bind: Launch['bind'], variant?: string,
): Launch {
  const { blocks, groups, inner, channels, step } = layout;
  const vectors = Math.ceil((blocks * groups * inner) / 4);
  const kind = channelKind(layout);
  const alike = alikeOf(layout);
  const isWhole = alike % 4 === 0;
  const { run, abreast } = isWhole ? walkWithin(alike / 4, variant) : freeWalk(variant);
  const hop = 4 * abreast;
  const hopGroups = inner > 0 ? Math.floor(hop / inner) : 0;
  return {
    module: normalizeWgsl,
    entryPoint,
    bind,
    overrides: { ABREAST: abreast, VECTORS: isWhole, CHANNEL: kind, HAS_WEIGHT: operands.weight, HAS_BIAS: operands.bias },
    params: { vectors, run, groups, inner, channels, step, hop_groups: hopGroups % Math.max(groups, 1), hop_offset: hop - hopGroups * inner, eps },
    workgroups: gridFor(Math.ceil(vectors / run), 64),
  };
}

/** `mean` and `variance` are inputs. */
export function planWithStatistics(layout: NormalizeLayout, eps: number, operands: NormalizeOperands, variant?: string): KernelPlan {
  const bind = { ...(operands.weight ? {} : { weight: 'x' }), ...(operands.bias ? {} : { bias: 'x' }) };
  return { launches: [elementwise('main', layout, eps, operands, bind, variant)] };
}

/** `mean` and `variance` are outputs of the op, or else scratch. */
export function planNormalize(
  layout: NormalizeLayout, eps: number, operands: NormalizeOperands, givesStatistics: boolean, variant?: string,
): KernelPlan {
  const moments = planMoments(layout, eps, 'finish', {}, { gradient: 'x', weight: 'x' });
  const statistics: KernelPlan['scratch'] = givesStatistics ? {} : { mean: floats(layout.groups), variance: floats(layout.groups) };
  return {
    scratch: { ...moments.scratch, ...statistics },
    launches: [...moments.launches, ...planWithStatistics(layout, eps, operands, variant).launches],
  };
}

/** What a unit of channelSums.wgsl has side by side: as there. */
const SINGLE_VALUE = 0;
const FOUR_CHANNELS = 1;
const FOUR_VALUES = 2;

function planChannelSums(layout: NormalizeLayout): Required<KernelPlan> {
  const { inner, channels, step } = layout;
  const groupChannels = step > 0 ? inner / step : 1;
  const four = step === 1 && groupChannels % 4 === 0 ? FOUR_CHANNELS : step % 4 === 0 ? FOUR_VALUES : SINGLE_VALUE;
  const unitChannels = four === FOUR_CHANNELS ? 4 : 1;
  const itemValues = four === FOUR_VALUES ? 4 : 1;
  const units = channels / unitChannels;
  const values = valuesOfChannel(layout);
  const itemStep = step / itemValues;
  const parts = partsFor(values, MAX_CHANNEL_PARTS);
  const hopRows = itemStep > 0 ? Math.floor(parts / itemStep) : 0;
  const common = {
    module: channelSumsWgsl,
    overrides: { FOUR: four, PARTS_FIRST: step >= SHORT_RUN },
    params: {
      units, step: itemStep, row_groups: channels / groupChannels, group_units: groupChannels / unitChannels, count: values / itemValues, parts,
      hop_rows: hopRows, hop_offset: parts - hopRows * itemStep,
    },
  };
  return {
    scratch: { sums: floats(parts, units, 8) },
    launches: [
      { ...common, entryPoint: 'partial', workgroups: gridFor(units * parts, 64) },
      { ...common, entryPoint: 'merge', workgroups: gridFor(units, 64) },
    ],
  };
}

export function planNormalizeGrad(layout: NormalizeLayout, eps: number, hasWeight: boolean, variant?: string): KernelPlan {
  const bind = { out: 'gradInput', ...(hasWeight ? {} : { weight: 'x' }) };
  const moments = planMoments(layout, eps, 'finish_gradient', { PAIRED: true, HAS_WEIGHT: hasWeight }, bind);
  const hasSums = hasWeight && channelKind(layout) !== CHANNEL_IS_GROUP && layout.channels > 0;
  const sums = hasSums ? planChannelSums(layout) : null;
  const apply = elementwise('gradient_input', layout, eps, { weight: hasWeight, bias: false }, bind, variant);
  return {
    scratch: { ...moments.scratch, coefficients: floats(layout.groups, 4), ...sums?.scratch },
    launches: [...moments.launches, ...(sums?.launches ?? []), apply],
  };
}
