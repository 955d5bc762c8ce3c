/** A piece of device memory. Whoever took it from the pool owns it until it is released. */
export interface Block {
  readonly id: number;
  /** Bytes, rounded up by the pool. */
  readonly size: number;
  /** Changes once at most: when the first attempt to allocate failed and the second one did not. */
  buffer: GPUBuffer;
  /** Set until the device has said whether the memory is there. Never rejects. */
  pending: Promise<void> | null;
  /** Why there is no memory behind this block. */
  failure: string | null;
  /** Recorded commands that use this block and are not submitted yet: until 0, the buffer must not be destroyed. */
  pins: number;
}

export interface PoolOptions {
  readonly label: string;
  readonly usage: GPUBufferUsageFlags;
  /** The largest buffer that may be made. */
  readonly maxBufferBytes: number;
  /** Free memory beyond this is given back to the device, oldest first. */
  readonly maxPooledBytes: number;
  /** Called when the device is out of memory, before the second attempt. */
  reclaim(): void;
  /** Called with blocks whose buffers were destroyed. */
  onDestroy?(blocks: readonly Block[]): void;
}

const SMALLEST = 256;
const CLASSES_PER_OCTAVE = 8;

/** The size that `bytes` are rounded up to: one of eight per power of two, so at most 1/8 is wasted; 256 at least. */
export function bucketSize(bytes: number): number {
  const octave = 2 ** Math.floor(Math.log2(Math.max(bytes, 1)));
  const step = Math.max(SMALLEST, octave / CLASSES_PER_OCTAVE);
  return Math.max(SMALLEST, Math.ceil(bytes / step) * step);
}

/** Where `block` stands, or belongs, in a list by decreasing id. */
function placeOf(block: Block, list: readonly Block[]): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].id > block.id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Buffers of one usage, kept for reuse. Of those that are free, the oldest is taken, in whatever order they came back: a step
 * that asks for the same sizes then gets the same buffers for the same tensors every time, and finds its bind groups in the
 * cache. Were it the one that came back last, each step would deal them out anew.
 */
export class BufferPool {
  liveBytes = 0;
  pooledBytes = 0;
  peakBytes = 0;
  private nextId = 0;
  /** Free blocks by size, the newest (by id) first. */
  private readonly free = new Map<number, Block[]>();
  /** All free blocks, in the order in which they came back. */
  private readonly freed = new Set<Block>();

  constructor(private readonly device: GPUDevice, private readonly options: PoolOptions) {}

  take(bytes: number): Block {
    const size = Math.min(bucketSize(bytes), this.options.maxBufferBytes);
    const block = this.reuse(size) ?? this.create(size);
    this.liveBytes += size;
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes + this.pooledBytes);
    return block;
  }

  release(block: Block): void {
    if (block.failure !== null) return;
    this.liveBytes -= block.size;
    this.pooledBytes += block.size;
    const list = this.free.get(block.size);
    if (list) list.splice(placeOf(block, list), 0, block);
    else this.free.set(block.size, [block]);
    this.freed.add(block);
    this.trim(this.options.maxPooledBytes);
  }

  /** Destroys free buffers, the oldest first, until at most `maxBytes` are pooled. Pinned ones stay. */
  trim(maxBytes: number): void {
    if (this.pooledBytes <= maxBytes) return;
    const destroyed: Block[] = [];
    for (const block of this.freed) {
      if (this.pooledBytes <= maxBytes) break;
      if (block.pins > 0 || block.pending) continue;
      this.removeFree(block);
      block.buffer.destroy();
      destroyed.push(block);
    }
    if (destroyed.length > 0) this.options.onDestroy?.(destroyed);
  }

  private reuse(size: number): Block | undefined {
    const block = this.free.get(size)?.pop();
    if (block) {
      this.freed.delete(block);
      this.pooledBytes -= size;
    }
    return block;
  }

  private removeFree(block: Block): void {
    const list = this.free.get(block.size)!;
    list.splice(placeOf(block, list), 1);
    this.freed.delete(block);
    this.pooledBytes -= block.size;
  }

  private create(size: number): Block {
    const [buffer, problem] = this.attempt(size);
    const block: Block = { id: this.nextId++, size, buffer, pending: null, failure: null, pins: 0 };
    block.pending = this.settle(block, problem);
    return block;
  }

  /** A buffer, and the promise of what went wrong with it. */
  private attempt(size: number): [GPUBuffer, Promise<GPUError | null>] {
    const { label, usage } = this.options;
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.device.createBuffer({ label, size, usage });
    // A scope fails only with a lost device, and that is reported elsewhere.
    return [buffer, this.device.popErrorScope().catch(() => null)];
  }

  private async settle(block: Block, problem: Promise<GPUError | null>): Promise<void> {
    let error = await problem;
    if (error) {
      this.options.reclaim();
      [block.buffer, problem] = this.attempt(block.size);
      error = await problem;
    }
    block.pending = null;
    if (error) this.fail(block, error);
  }

  private fail(block: Block, error: GPUError): void {
    block.failure = error.message;
    if (this.freed.has(block)) this.removeFree(block);
    else this.liveBytes -= block.size;
  }
}
