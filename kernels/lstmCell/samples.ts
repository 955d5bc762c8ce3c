import { defineCellSamples } from '../recurrent/samples.js';

defineCellSamples('lstmCell', { gates: 4, gradients: 2, state: 'c' });
