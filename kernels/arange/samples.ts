import { type ErrorSample, type Sample, defineSamples } from '../../core/samples.js';

function range(label: string, start: number, stop: number, step: number, dtype = 'float32'): Sample {
  return { label, inputs: [], attrs: { start, stop, step, dtype } };
}

function refused(sample: Sample, message: RegExp, error: ErrorSample['error'] = 'ShapeError'): ErrorSample {
  return { ...sample, error, message };
}

defineSamples('arange', {
  samples: [
    range('a tail after the last vec4', 0, 7, 1),
    range('a step that float32 rounds', -1, 1, 0.1),
    range('backwards', 3, -4, -0.5),
    range('stop between two steps', 0, 5.5, 2),
    range('int32', -5, 300, 1, 'int32'),
    range('int32 backwards', 10, -11, -3, 'int32'),
    range('int32 beyond what float32 counts', 2 ** 24 + 1, 2 ** 24 + 8, 1, 'int32'),
    range('int32 to the last one', 2 ** 31 - 3, 2 ** 31, 1, 'int32'),
    range('one', 2, 3, 1),
    range('several workgroups', 0, 521, 1),
    range('none', 2, 2, 1),
  ],
  errors: [
    refused(range('no step', 0, 5, 0), /arange: from 0 to 5 by 0 never arrives/),
    refused(range('a step that leads away', 0, 5, -1), /arange: from 0 to 5 by -1 never arrives/),
    refused(range('an endless one', 0, Infinity, 1), /arange: from 0 to Infinity by 1: .*finite/),
    refused(range('not a number', NaN, 5, 1), /arange: from NaN to 5 by 1: .*finite/),
    refused(range('int32 in halves', 0, 5, 0.5, 'int32'), /arange: from 0 to 5 by 0\.5 leaves .*int32/, 'DTypeError'),
    refused(range('int32 past its end', 2 ** 31 - 3, 2 ** 31 + 1, 1, 'int32'), /arange: .* leaves .*int32/, 'DTypeError'),
  ],
  bench: [range('4M', 0, 1 << 22, 1)],
});
