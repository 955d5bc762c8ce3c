import { TapegradError } from '../core/errors.js';
import { readOptions, requireNumber, requireWhole } from '../core/options.js';
import type { Sound } from './wav.js';

export interface MelOptions {
  /** Samples in a window, a power of two. Default 256. */
  windowSize?: number;
  /** Samples from one window to the next. Default half a window. */
  hop?: number;
  /** Bands. Default 40. */
  bands?: number;
  /** The lowest and the highest frequency in hertz. Default 0 and half the sample rate. */
  low?: number;
  high?: number;
}

/** Fast Fourier transform in place (Cooley and Tukey 1965), radix 2: `re` and `im` of a length that is a power of two. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  if (n === 0 || (n & (n - 1)) !== 0 || im.length !== n) {
    throw new TapegradError(`fft: the length must be a power of two, got ${n} and ${im.length}`);
  }
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit; // j is i with its bits reversed
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [cos, sin] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)];
      for (let a = k; a < n; a += 2 * half) {
        const b = a + half;
        const x = re[b] * cos - im[b] * sin;
        const y = re[b] * sin + im[b] * cos;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

const melOf = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/**
 * Triangular filters over the bins of a spectrum, [bands, windowSize / 2 + 1]: evenly spaced on the mel scale (O'Shaughnessy 1987),
 * each reaching from its neighbour's centre to the next one's.
 */
export function melFilters(windowSize: number, sampleRate: number, bands: number, low: number, high: number): Float64Array[] {
  const edges = Array.from({ length: bands + 2 }, (_, i) => hertzOf(melOf(low) + ((melOf(high) - melOf(low)) * i) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [left, centre, right] = edges.slice(band, band + 3);
    return Float64Array.from({ length: windowSize / 2 + 1 }, (_, bin) => {
      const hertz = (bin * sampleRate) / windowSize;
      return Math.max(0, Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre)));
    });
  });
}

/** Power below this counts as silence: the logarithm stays finite. */
const SILENCE = 1e-10;

/**
 * The logarithm of the power in each mel band, window by window: [bands, frames], row-major, natural logarithm. Windows are those of
 * Hann; a sound shorter than one is filled up with silence.
 */
export function logMelSpectrogram({ samples, sampleRate }: Sound, options: MelOptions = {}): { values: Float32Array; bands: number; frames: number } {
  const { windowSize, hop = windowSize / 2, bands, low, high } = readOptions('logMelSpectrogram', options, {
    windowSize: 256, hop: undefined, bands: 40, low: 0, high: sampleRate / 2,
  });
  requireWhole('logMelSpectrogram', 'windowSize', windowSize, 2);
  requireWhole('logMelSpectrogram', 'hop', hop, 1);
  requireWhole('logMelSpectrogram', 'bands', bands, 1);
  requireNumber('logMelSpectrogram', 'low', low);
  requireNumber('logMelSpectrogram', 'high', high);
  if (!(low >= 0 && low < high && high <= sampleRate / 2)) {
    throw new TapegradError(`logMelSpectrogram: the range ${low} to ${high} Hz does not fit a sample rate of ${sampleRate}`);
  }
  const filters = melFilters(windowSize, sampleRate, bands, low, high);
  const hann = Float64Array.from({ length: windowSize }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowSize));
  const frames = Math.max(1, 1 + Math.floor((samples.length - windowSize) / hop));
  const values = new Float32Array(bands * frames);
  for (let frame = 0; frame < frames; frame++) {
    const re = hann.map((weight, i) => weight * (samples[frame * hop + i] ?? 0));
    const im = new Float64Array(windowSize);
    fft(re, im);
    filters.forEach((filter, band) => {
      let power = 0;
      for (let bin = 0; bin < filter.length; bin++) power += filter[bin] * (re[bin] ** 2 + im[bin] ** 2);
      values[band * frames + frame] = Math.log(Math.max(power, SILENCE));
    });
  }
  return { values, bands, frames };
}
