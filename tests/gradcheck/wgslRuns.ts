import { scope } from '../../core/memory.js';
import type { Op } from '../../core/op.js';
import { type Sample, samplesOf } from '../../core/samples.js';
import type { KernelLimits, Launch, WgslModule } from '../../core/webgpu/kernel.js';
import { variantNames } from '../support.js';
import { BareCall, Bench, Kernels, WAYS } from './bareCalls.js';
import { lockstepChecks } from './lockstep.js';
import { callOf, labelOf } from './plans.js';
import { pruned } from './prune.js';

/* How mutants of WGSL are put in place, and what it takes to kill one. */

/** A sample that launches a shader, under one of its op's variants. */
interface Target {
  op: Op;
  sample: Sample;
  variant: string | undefined;
  /** Those of the shader. */
  launches: readonly Launch[];
}

/** Each shader with the samples that launch it: first one sample of every op, then the second ones, and so on. */
export function targetsByModule(ops: readonly Op[], limits: KernelLimits): Map<WgslModule, Target[]> {
  const found = new Map<WgslModule, { turn: number; target: Target }[]>();
  for (const op of ops) {
    const { samples = [], valueErrors = [] } = samplesOf(op.name) ?? {};
    for (const [turn, sample] of [...samples, ...valueErrors].entries()) {
      for (const variant of variantNames(op)) {
        const launches = callOf(op, sample, variant, limits)?.plan.launches ?? [];
        for (const module of new Set(launches.map((launch) => launch.module))) {
          if (!found.has(module)) found.set(module, []);
          const own = launches.filter((launch) => launch.module === module);
          found.get(module)!.push({ turn, target: { op, sample, variant, launches: own } });
        }
      }
    }
  }
  return new Map([...found].map(([module, list]) => [module, list.sort((a, b) => a.turn - b.turn).map(({ target }) => target)]));
}

/** The samples of one shader, ready on a device. */
export class Trials {
  private calls: { target: Target; call: BareCall }[] = [];

  private constructor(private readonly module: WgslModule, private readonly targets: readonly Target[], private readonly right: Kernels) {}

  /** Throws if the right code fails a sample. */
  static async of(bench: Bench, module: WgslModule, targets: readonly Target[], right: Kernels): Promise<Trials> {
    const trials = new Trials(module, targets, right);
    for (const target of targets) trials.calls.push({ target, call: await BareCall.of(bench, target.op, target.sample, target.variant) });
    for (const way of WAYS) {
      for (const { call } of trials.calls) {
        const wrong = await call.run(right, way);
        if (wrong !== null) throw new Error(`${call.name}: ${module.name} is wrong before any mutation: ${wrong}`);
      }
    }
    return trials;
  }

  /** Is `code` the same kernel in every launch: a default that each replaces? */
  neverCompiled(code: string): boolean {
    return !this.targets.some((target) => this.sees(target, code));
  }

  /** The sample that tells a mutant from the right code and what it sees, or null. Rejects where it does not compile. */
  async killerOf(code: string): Promise<string | null> {
    const kernels = new Kernels(this.right.bench, { module: this.module, code, others: this.right });
    const calls = this.calls.filter(({ target }) => this.sees(target, code)).map(({ call }) => call);
    for (const way of WAYS) {
      for (const call of calls) {
        const seen = await call.run(kernels, way);
        if (seen === null) continue;
        // Most likely the first to see the next mutant, which is of the same line.
        const first = this.calls.findIndex((other) => other.call === call);
        this.calls.unshift(...this.calls.splice(first, 1));
        return `${call.name}: ${seen}`;
      }
    }
    return this.module.code.includes('Barrier();') ? this.raceIn(code) : null;
  }

  private sees({ launches }: Target, code: string): boolean {
    return launches.some((launch) => pruned(code, launch) !== pruned(this.module.code, launch));
  }

  destroy(): void {
    for (const { call } of this.calls) call.destroy();
  }

  /** A race that the device happened to get right; the executor sees it on samples that are small enough. */
  private async raceIn(code: string): Promise<string | null> {
    const { module } = this;
    const right = module.code;
    (module as { code: string }).code = code;
    try {
      for (const check of lockstepChecks({ seed: 1, seeds: 0, devices: ['cpu'], graphs: 0, slow: true })) {
        if (!this.targets.some(({ op, sample, variant }) => op.name === check.op && labelOf(sample, variant) === check.label)) continue;
        const { verdict, message } = await scope(check.run);
        if (verdict === 'FAIL' && message.includes('race')) return `${check.op} (${check.label}), lockstep: ${message}`;
      }
      return null;
    } finally {
      (module as { code: string }).code = right;
    }
  }
}
