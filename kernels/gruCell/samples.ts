import { defineCellSamples } from '../recurrent/samples.js';

defineCellSamples('gruCell', { gates: 3, gradients: 1, state: 'h' });
