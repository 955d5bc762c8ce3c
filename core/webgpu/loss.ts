import { DeviceLostError } from '../errors.js';

/** Knows whether the device is gone, and ends every wait for it the moment it goes. */
export class LossGuard {
  private reason: string | null = null;
  private readonly waiting = new Set<(error: DeviceLostError) => void>();

  constructor(device: GPUDevice) {
    void device.lost.then((info) => this.lose(info.message || info.reason));
  }

  get isLost(): boolean {
    return this.reason !== null;
  }

  /** Throws once the device is gone. */
  check(): void {
    if (this.reason !== null) throw this.error();
  }

  lose(reason: string): void {
    this.reason ??= reason;
    for (const reject of this.waiting) reject(this.error());
    this.waiting.clear();
  }

  /**
   * `work`, or a DeviceLostError should the device go first. (A race against one long-lived promise would do the
   * same, but that promise would keep a reaction for every read ever made.)
   */
  race<T>(work: Promise<T>): Promise<T> {
    if (this.reason !== null) return Promise.reject(this.error());
    return new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      void work.then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }

  private error(): DeviceLostError {
    return new DeviceLostError(`webgpu: the device is gone (${this.reason}); call init() again and reload the tensors`);
  }
}
