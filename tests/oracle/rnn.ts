import type { Tensor } from '../../index.js';
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from '../../nn/index.js';
import type { OracleAttrs, OracleFamily } from './types.js';

/** Puts the case's weights (`w_ih_l0`) in the place of a layer's own (`weight_ih_l0`). */
function withWeights<Layer extends RNN | LSTM | GRU | RNNCell | LSTMCell | GRUCell>(layer: Layer, inputs: Record<string, Tensor>): Layer {
  layer.dispose();
  const weights = Object.entries(inputs).filter(([name]) => /^[wb]_/.test(name));
  return Object.assign(layer, Object.fromEntries(weights.map(([name, t]) => [name.replace(/^w/, 'weight').replace(/^b/, 'bias'), t])));
}

const options = ({ num_layers: numLayers, bias }: OracleAttrs) => ({ numLayers, bias });

export const rnn: OracleFamily = {
  rnn_tanh_cell: (inputs, { hidden_size: hidden }) =>
    withWeights(new RNNCell(inputs.x.shape[1], hidden), inputs).call(inputs.x, inputs.h),
  lstm_cell: (inputs, { hidden_size: hidden }) =>
    withWeights(new LSTMCell(inputs.x.shape[1], hidden), inputs).call(inputs.x, [inputs.h, inputs.c]),
  gru_cell: (inputs, { hidden_size: hidden }) =>
    withWeights(new GRUCell(inputs.x.shape[1], hidden), inputs).call(inputs.x, inputs.h),
  rnn_tanh: (inputs, attrs) =>
    withWeights(new RNN(inputs.x.shape[2], attrs.hidden_size, options(attrs)), inputs).call(inputs.x, inputs.h0),
  lstm: (inputs, attrs) =>
    withWeights(new LSTM(inputs.x.shape[2], attrs.hidden_size, options(attrs)), inputs).call(inputs.x, [inputs.h0, inputs.c0]).flat(),
  gru: (inputs, attrs) =>
    withWeights(new GRU(inputs.x.shape[2], attrs.hidden_size, options(attrs)), inputs).call(inputs.x, inputs.h0),
};
