/** How long a nap is. */
const NAP_MS = 0.25;

/** How long a wait is before the first nap: a core that sleeps between many short kernels is slow to wake. */
const SHORT_WAIT_MS = 20;

/**
 * In Node, Dawn looks for finished work in every turn of the event loop, which keeps a core busy for as long as anything is
 * awaited. An adapter that computes on the CPU wants that core: on two of them, the CNN's step at batch 128 takes 170 ms with
 * the thread awake, 110 ms with naps. So in a long wait for the device, each turn begins with a nap; not while kernels compile, which
 * takes Dawn many turns. Browsers and Deno do not poll.
 */
export class Naps {
  private awaited = 0;
  private began = 0;
  private turning = false;
  private sleeper: Int32Array<SharedArrayBuffer> | null = null; // made when it is needed: a browser may have no shared memory

  /** Whether this runtime polls for a device that computes on the CPU. */
  static areUseful(family: string): boolean {
    return family === 'software' && globalThis.process?.release?.name === 'node' && !('Deno' in globalThis);
  }

  constructor(private readonly wanted: boolean) {}

  /** `promise`, with naps until it settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    if (!this.wanted) return promise;
    if (this.awaited++ === 0) this.began = performance.now();
    // Where one wait follows the other at once, the turn of the first is still queued, and goes on for the second.
    if (!this.turning) {
      this.turning = true;
      setImmediate(this.turn);
    }
    try {
      return await promise;
    } finally {
      this.awaited--;
    }
  }

  private readonly turn = (): void => {
    this.turning = this.awaited > 0;
    if (!this.turning) return;
    if (performance.now() - this.began > SHORT_WAIT_MS) {
      this.sleeper ??= new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(this.sleeper, 0, 0, NAP_MS); // nobody wakes it
    }
    setImmediate(this.turn);
  };
}
