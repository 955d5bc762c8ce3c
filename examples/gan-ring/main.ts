import { type Tensor, noGrad, randn, scope, tensor } from '../../index.js';
import {
  LeakyReLU,
  Linear,
  ReLU,
  Sequential,
  gradientPenalty,
  wassersteinDiscriminatorLoss,
  wassersteinGeneratorLoss,
} from '../../nn/index.js';
import { Adam, CosineAnnealingLR } from '../../optim/index.js';
import { ringCentres, ringOfGaussians } from '../../datasets/index.js';
import type { Context, Example, Outcome } from '../example.js';
import { Plot, chart, lineChart } from '../plot.js';

/*
 * A generative adversarial network learns the simplest distribution that breaks careless ones: eight islands on a circle,
 * of which a generator likes to cover only a few. Wasserstein GAN with gradient penalty (Gulrajani et al. 2017).
 */

// 1. Data: points around eight places on a circle (`ringOfGaussians`), drawn anew for every batch.

const SPREAD = 0.1;
const centres = ringCentres();

const ring = (count: number, seed: number) => ringOfGaussians(count, { noise: SPREAD, seed }).points;

// 2. Models: noise to points, and points to a score that is high for real ones.

const NOISE = 8;
const HIDDEN = 64;

const createGenerator = () =>
  new Sequential(new Linear(NOISE, HIDDEN), new ReLU(), new Linear(HIDDEN, HIDDEN), new ReLU(), new Linear(HIDDEN, 2));
const createCritic = () =>
  new Sequential(new Linear(2, HIDDEN), new LeakyReLU(0.2), new Linear(HIDDEN, HIDDEN), new LeakyReLU(0.2), new Linear(HIDDEN, 1));

// 3. Losses: the critic widens the gap between real and generated scores, its slope held near 1 by the penalty (a gradient of a
// gradient); the generator closes the gap. 4. Optimiser: Adam, one for each, the rates falling to nothing so that
// the two settle. 5. Loop: a few steps of the critic for one of the generator.

const BATCH = 64;
const CRITIC_STEPS = 2;

async function run({ seed, quick, progress }: Context): Promise<Outcome> {
  const steps = quick ? 60 : 2000;
  const generator = createGenerator();
  const critic = createCritic();
  const options = { lr: 3e-3, betas: [0.5, 0.9] as [number, number] };
  const generatorSteps = new Adam(generator.parameters(), options);
  const criticSteps = new Adam(critic.parameters(), options);
  const schedules = [generatorSteps, criticSteps].map((optimizer) => new CosineAnnealingLR(optimizer, { tMax: steps }));
  const bar = progress(steps, 'steps');
  const gaps: number[] = [];

  for (let step = 1; step <= steps; step++) {
    const gap = scope(() => {
      let loss: Tensor;
      for (let i = 0; i < CRITIC_STEPS; i++) {
        criticSteps.zeroGrad();
        const fake = noGrad(() => generator.call(randn([BATCH, NOISE])));
        const real = tensor(ring(BATCH, 100_000 * seed + CRITIC_STEPS * step + i), [BATCH, 2]);
        loss = wassersteinDiscriminatorLoss(critic.call(real), critic.call(fake));
        loss.add(gradientPenalty((x) => critic.call(x), real, fake, { weight: 0.5 })).backward();
        criticSteps.step();
      }
      generatorSteps.zeroGrad();
      wassersteinGeneratorLoss(critic.call(generator.call(randn([BATCH, NOISE])))).backward();
      generatorSteps.step();
      return loss!.detach();
    });
    schedules.forEach((schedule) => schedule.step());
    if (step % 20 === 0) {
      gaps.push(-(await gap.item()));
      bar.update(step, `gap ${gaps.at(-1)!.toFixed(3)}`);
    }
    gap.dispose();
  }

  // 6. Result: which islands are covered, and how many points lie on one.
  const generated = await noGrad(() => generator.call(randn([2000, NOISE]))).data();
  return { ...judge(generated), page: page(generated, ring(2000, seed), gaps) };
}

/** An island is covered by at least half of its fair share of points within four spreads of its centre. */
function judge(points: ArrayLike<number>): { metrics: Record<string, number> } {
  const count = points.length / 2;
  const near = centres.map(() => 0);
  for (let i = 0; i < count; i++) {
    const mode = centres.findIndex(([x, y]) => Math.hypot(points[2 * i] - x, points[2 * i + 1] - y) < 4 * SPREAD);
    if (mode >= 0) near[mode]++;
  }
  const covered = near.filter((points) => points >= count / centres.length / 2).length;
  return { metrics: { 'modes covered': covered, 'share on a mode': near.reduce((a, b) => a + b) / count } };
}

function page(generated: ArrayLike<number>, real: ArrayLike<number>, gaps: number[]): Outcome['page'] {
  const pairs = (points: ArrayLike<number>, kind: string) =>
    Array.from({ length: points.length / 2 }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1], kind }));
  const cloud = chart({
    width: 720,
    height: 420,
    color: { legend: true },
    aspectRatio: 1,
    x: { domain: [-3, 3] },
    y: { domain: [-3, 3] },
    marks: [Plot.dot([...pairs(real, 'real'), ...pairs(generated, 'generated')], { x: 'x', y: 'y', fx: 'kind', fill: 'kind', r: 1.2 })],
  });
  return [
    { heading: 'Real and generated points', body: cloud },
    {
      heading: 'The gap that the critic sees',
      body: lineChart({ gap: gaps.map((gap, i) => [20 * (i + 1), gap] as const) }, { x: 'step', y: 'gap' }),
    },
  ];
}

export const example: Example = {
  name: 'gan-ring',
  title: 'a generator learns eight islands on a circle, without losing any (Wasserstein GAN with gradient penalty)',
  goal: { metric: 'modes covered', direction: 'at least', value: 8 },
  quickGoal: { metric: 'share on a mode', direction: 'at least', value: 0.01 },
  run,
};
