import type { KernelOp } from '../op.js';
import type { AdapterFamily } from './adapter.js';
import type { KernelCall, KernelPlan } from './kernel.js';

/** What measured best for one op and bucket, and the hash of each WGSL file that was measured, by its name. */
export interface TuningEntry {
  readonly variant: string;
  readonly wgsl: Readonly<Record<string, string>>;
}

/** The best variants on one adapter, as `npm run bench -- --tune` writes them: op -> bucket -> entry. */
export interface TuningTable {
  /** A regular expression that matches the adapter's description. */
  readonly adapter: string;
  readonly family: AdapterFamily;
  readonly entries: Readonly<Record<string, Readonly<Record<string, TuningEntry>>>>;
}

/** An entry that was measured with other WGSL than there is now, or names no variant of the op. It is ignored. */
export interface StaleEntry {
  readonly op: string;
  readonly bucket: string;
  readonly entry: TuningEntry;
}

type TunedOp = Pick<KernelOp<any>, 'name' | 'kernel' | 'variants'>;

const tables: TuningTable[] = [];

/** Adds a table; of several that fit an adapter the first one counts. */
export function registerTuning(table: TuningTable): void {
  tables.push(table);
}

/**
 * Decides which variant of an op's kernel runs. In this order: the one that is forced; what the adapter's own table says; what
 * the first table of its family says; what the op takes where nothing was measured.
 */
export class Tuning {
  private readonly table: TuningTable | undefined;
  private readonly forced = new Map<string, string>();
  /** By op and bucket. */
  private readonly chosen = new Map<string, string>();
  private readonly staleEntries: StaleEntry[] = [];

  constructor(description: string, private readonly family: AdapterFamily, known: readonly TuningTable[] = tables) {
    this.table = known.find(({ adapter }) => new RegExp(adapter).test(description)) ?? known.find((table) => table.family === family);
  }

  /** Entries that were looked up so far and found stale; the bench reports them. */
  get stale(): readonly StaleEntry[] {
    return this.staleEntries;
  }

  /** Makes every call of `op` take `variant`; null lets the tables decide again. For the bench and the checks. */
  force(op: string, variant: string | null): void {
    if (variant === null) this.forced.delete(op);
    else this.forced.set(op, variant);
  }

  plan<Attrs>(op: Pick<KernelOp<Attrs>, 'name' | 'kernel' | 'variants'>, call: KernelCall<Attrs>): KernelPlan {
    const variant = this.variantOf(op, call);
    return op.kernel(variant === null ? call : { ...call, variant });
  }

  /** The variant that `plan` takes; null for an op that has but one kernel. */
  variantOf(op: TunedOp, call: KernelCall<any>): string | null {
    if (!op.variants) return null;
    return this.forced.get(op.name) ?? this.choose(op, call);
  }

  private choose(op: TunedOp, call: KernelCall<any>): string {
    const { names, untuned, bucket: bucketOf } = op.variants!;
    const bucket = bucketOf(call);
    const key = `${op.name} ${bucket}`;
    let variant = this.chosen.get(key);
    if (variant === undefined) {
      variant = this.fromTable(op, bucket, call) ?? untuned?.[this.family] ?? names[0];
      this.chosen.set(key, variant);
    }
    return variant;
  }

  private fromTable(op: TunedOp, bucket: string, call: KernelCall<any>): string | null {
    const entry = this.table?.entries[op.name]?.[bucket];
    if (!entry) return null;
    const { variant } = entry;
    if (op.variants!.names.includes(variant) && isAsMeasured(op.kernel({ ...call, variant }), entry)) return variant;
    this.staleEntries.push({ op: op.name, bucket, entry });
    return null;
  }
}

/** The hash of each WGSL file that the plans run, by its name. */
export function hashesOfWgsl(plans: readonly KernelPlan[]): Record<string, string> {
  const modules = plans.flatMap(({ launches }) => launches.map(({ module }) => module));
  return Object.fromEntries(modules.map(({ name, code }) => [name, hashOf(code)]));
}

/** Has none of the plan's files changed? One that was not measured, as other shapes of the bucket may run it, says nothing. */
export function isAsMeasured(plan: KernelPlan, { wgsl }: TuningEntry): boolean {
  return Object.entries(hashesOfWgsl([plan])).every(([name, hash]) => (wgsl[name] ?? hash) === hash);
}

/** Tells whether two plans run the same WGSL: code, entry points and tiles, but not shapes. */
export function hashOfWgsl(plan: KernelPlan): string {
  const parts = plan.launches.map(({ module, entryPoint, tiles }) => JSON.stringify([module.code, entryPoint, tiles]));
  return hashOf([...new Set(parts)].join());
}

/** The 32-bit FNV-1a hash (Fowler, Noll, Vo) of a string's UTF-16 units, in hexadecimal. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
