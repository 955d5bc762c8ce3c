import { join } from 'node:path';
import { type Tensor, noGrad, scope, tensor } from '../../index.js';
import { GRU, Linear, Module, fit, mseLoss } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { DataLoader, numbersOf, readCsv } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData, requireEnough } from '../example.js';
import { lineChart } from '../plot.js';

/*
 * How many passengers will fly next month? A GRU reads 24 months and forecasts the next. It must beat the naive forecast of seasonal
 * series, the same month of last year; beside it stands a cleverer one that knows the average growth, and is hard to beat here.
 */

// 1. Data: the logarithm makes growth a straight line and the season a constant swing; twelve months' difference takes both away.

const WINDOW = 24;
const SEASON = 12;
/** The last two years are forecast month by month, each from what was known before it. */
const TEST = 24;

/** log(y[t] / y[t - 12]): the growth over a year, month by month. */
const growthOf = (passengers: Float64Array) =>
  Float64Array.from({ length: passengers.length - SEASON }, (_, t) => Math.log(passengers[t + SEASON] / passengers[t]));

interface Scale {
  mean: number;
  deviation: number;
}

function scaleOf(values: Float64Array): Scale {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/** Windows of the series and the value after each: [n, WINDOW, 1] and [n, 1]. */
function windowsOf(series: Float32Array): { inputs: Float32Array; targets: Float32Array; count: number } {
  const count = series.length - WINDOW;
  const inputs = new Float32Array(count * WINDOW);
  for (let i = 0; i < count; i++) inputs.set(series.subarray(i, i + WINDOW), i * WINDOW);
  return { inputs, targets: series.slice(WINDOW), count };
}

// 2. Model: a recurrent layer, and a line from its last output.

class Forecaster extends Module {
  readonly gru = new GRU(1, 16, { batchFirst: true });
  readonly head = new Linear(16, 1);

  /** [batch, time, 1] to [batch, 1] */
  forward(x: Tensor): Tensor {
    const [, state] = this.gru.call(x);
    return this.head.call(state.squeeze(0));
  }
}

// 3. Loss: squared error. 4. Optimiser: Adam. 5. Loop: `fit`.

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const folder = requireData(context, 'tabular/flights.csv (monthly airline passengers 1949-1960, Box and Jenkins)');
  const file = join(folder, 'tabular/flights.csv');
  const table = await readCsv(file);
  requireEnough(file, 'months', table.rows.length, SEASON + WINDOW + TEST + 1);
  const passengers = numbersOf(table, table.columns.at(-1)!);
  const growth = growthOf(passengers);
  const known = growth.subarray(0, growth.length - TEST);
  const scale = scaleOf(known);
  const standard = Float32Array.from(growth, (value) => (value - scale.mean) / scale.deviation);

  const { inputs, targets, count } = windowsOf(standard.subarray(0, known.length));
  const epochs = quick ? 15 : 80;
  const bar = progress(epochs, 'epochs');
  const model = new Forecaster();
  await fit(model, {
    train: new DataLoader(
      { inputs: [{ data: inputs, shape: [count, WINDOW, 1] }], targets: [{ data: targets, shape: [count, 1] }] },
      { batchSize: 16, shuffle: true, seed },
    ),
    epochs,
    optimizer: new Adam(model.parameters(), { lr: 3e-3, weightDecay: 1e-4 }),
    loss: (output, target) => mseLoss(output, target),
    callbacks: [{ name: 'bar', onEpoch: ({ loss }, { position }) => bar.update(position.epoch, `loss ${loss.toFixed(4)}`) }],
  });

  // 6. Result: one-month forecasts over the last two years, beside the naive ones.
  const windows = windowsOf(standard.subarray(standard.length - TEST - WINDOW));
  const predicted = await scope(() => noGrad(() => model.call(tensor(windows.inputs, [TEST, WINDOW, 1])).data()));
  const first = passengers.length - TEST;
  const forecast = Array.from(predicted, (value, i) => passengers[first + i - SEASON] * Math.exp(value * scale.deviation + scale.mean));
  const naive = Array.from(predicted, (_, i) => passengers[first + i - SEASON]);
  const grown = naive.map((value) => value * Math.exp(scale.mean));
  const errorOf = (values: number[]) => values.reduce((sum, value, i) => sum + Math.abs(value - passengers[first + i]), 0) / TEST;
  const error = errorOf(forecast);
  const dated = (values: ArrayLike<number>) => Array.from(values, (value, i) => [new Date(Date.UTC(1949, first + i)), value] as const);
  return {
    metrics: {
      'mean error': error,
      'share of the naive error': error / errorOf(naive),
      'share of the error with average growth': error / errorOf(grown),
    },
    page: [
      {
        heading: 'The last two years, forecast month by month',
        body: lineChart(
          {
            passengers: dated(passengers.subarray(first)),
            GRU: dated(forecast),
            'last year': dated(naive),
            'last year with average growth': dated(grown),
          },
          { x: 'month', y: 'thousand passengers' },
        ),
      },
    ],
  };
}

export const example: Example = {
  name: 'timeseries',
  title: 'a GRU forecasts airline passengers a month ahead, against the same month of last year',
  goal: { metric: 'share of the naive error', direction: 'at most', value: 0.5 },
  quickGoal: { metric: 'share of the naive error', direction: 'at most', value: 0.6 },
  run,
};
