/** Bytes of GPU buffers in the hands of one engine. */
export interface Holdings {
  bytes: number;
  peakBytes: number;
}

interface Share {
  readonly holdings: Holdings;
  readonly size: number;
}

/**
 * Counts the buffers that each engine creates, for all of them at the same place: GPUDevice.createBuffer. A buffer counts with
 * its size from then until it is destroyed, or collected; pools, staging and uniform buffers included. Needs `provideWebGpu()`.
 */
export class DeviceMemory {
  private readonly all = new Map<string, Holdings>();
  private owner = '';
  private readonly shares = new WeakMap<GPUBuffer, Share>();
  private readonly collected = new FinalizationRegistry<Share>(giveBack);

  constructor() {
    const memory = this;
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      memory.created(buffer);
      return buffer;
    };
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function () {
      memory.destroyed(this);
      return destroy.call(this);
    };
  }

  /** From now on, new buffers are `owner`'s. */
  charge(owner: string): void {
    this.owner = owner;
  }

  holdingsOf(owner: string): Holdings {
    let holdings = this.all.get(owner);
    if (!holdings) this.all.set(owner, (holdings = { bytes: 0, peakBytes: 0 }));
    return holdings;
  }

  private created(buffer: GPUBuffer): void {
    const holdings = this.holdingsOf(this.owner);
    holdings.bytes += buffer.size;
    holdings.peakBytes = Math.max(holdings.peakBytes, holdings.bytes);
    const share = { holdings, size: buffer.size };
    this.shares.set(buffer, share);
    this.collected.register(buffer, share, buffer);
  }

  private destroyed(buffer: GPUBuffer): void {
    const share = this.shares.get(buffer);
    if (!share) return; // a second time
    giveBack(share);
    this.shares.delete(buffer);
    this.collected.unregister(buffer);
  }
}

function giveBack({ holdings, size }: Share): void {
  holdings.bytes -= size;
}
