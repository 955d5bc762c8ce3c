/** Base of every error that tapegrad throws on purpose: one line that names the op, the cause and the way out. */
export class TapegradError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Shapes or attributes that do not fit the op. */
export class ShapeError extends TapegradError {}

/** A dtype that the op or the device does not support. */
export class DTypeError extends TapegradError {}

/** Tensors on different devices, no usable adapter, or a limit of the adapter that the call exceeds. */
export class DeviceError extends TapegradError {}

/** The GPU went away (driver reset, `device.destroy()`); every pending read is rejected with this. */
export class DeviceLostError extends TapegradError {}

/** A device allocation failed, even after the pool had been emptied. */
export class OutOfMemoryError extends TapegradError {
  constructor(readonly op: string, readonly shape: readonly number[], readonly bytes: number, cause: string) {
    super(
      `${op}: no memory for an output of shape [${shape}] (${bytes} bytes): ${cause}; ` +
        'use a smaller batch, or free tensors with scope() or dispose()',
    );
  }
}

/** A misuse of the tape: a second backward, a freed tensor, an in-place change of a saved value. */
export class AutogradError extends TapegradError {}

/** A non-finite value found by anomaly mode or by the training loop. */
export class NonFiniteError extends TapegradError {}

/** What a file should have held, and what stood there instead. */
export interface FormatProblem {
  file: string;
  /** Byte offset of the offending field. */
  offset: number;
  expected: string;
  found: string;
}

/** A file that is not what it should be. */
export class FormatError extends TapegradError {
  constructor(readonly problem: FormatProblem) {
    super(`${problem.file} at byte ${problem.offset}: expected ${problem.expected}, found ${problem.found}`);
  }
}
