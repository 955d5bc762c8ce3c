import type { Example } from './example.js';

/** Every example that `npm run example` knows, by the name of its folder. */
export const EXAMPLES: Readonly<Record<string, () => Promise<{ example: Example }>>> = {
  augmentation: () => import('./augmentation/main.js'),
  'char-rnn': () => import('./char-rnn/main.js'),
  'date-translate': () => import('./date-translate/main.js'),
  'gan-digits': () => import('./gan-digits/main.js'),
  'gan-ring': () => import('./gan-ring/main.js'),
  'mlp-spirals': () => import('./mlp-spirals/main.js'),
  sentiment: () => import('./sentiment/main.js'),
  'spoken-digits': () => import('./spoken-digits/main.js'),
  'tabular-medical': () => import('./tabular-medical/main.js'),
  timeseries: () => import('./timeseries/main.js'),
};
