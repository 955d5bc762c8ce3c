import { DeviceError, TapegradError } from '../errors.js';
import type { KernelLimits, Launch, WgslModule } from './kernel.js';
import { type BindingLayout, LayoutCache } from './layouts.js';
import { rewriteTiles } from './tiles.js';

/** One specialised kernel, compiled or on its way. Shapes are no part of it. */
export interface Pipeline {
  readonly layout: BindingLayout;
  /** Set while the compiler works. Never rejects. */
  pending: Promise<void> | null;
  compiled: GPUComputePipeline | null;
  /** What the compiler said against it. */
  error: DeviceError | null;
}

type Specialisation = Pick<Launch, 'module' | 'entryPoint' | 'overrides' | 'tiles'>;

/** Compiles each kernel once, in the background: a whole first training step compiles in parallel. */
export class PipelineCache {
  private readonly pipelines = new Map<WgslModule, Map<string, Pipeline>>();
  private readonly shaders = new Map<string, Promise<GPUShaderModule | DeviceError>>();
  private readonly layouts: LayoutCache;

  constructor(private readonly device: GPUDevice, limits: KernelLimits) {
    this.layouts = new LayoutCache(device, limits);
  }

  /** The kernel for a launch; compilation starts with the first call. `op` only names it in messages. */
  get(op: string, { module, entryPoint = 'main', overrides = {}, tiles = {} }: Specialisation): Pipeline {
    let variants = this.pipelines.get(module);
    if (!variants) this.pipelines.set(module, (variants = new Map()));
    const key = `${entryPoint}|${keyOf(overrides)}|${keyOf(tiles)}`;
    let pipeline = variants.get(key);
    if (!pipeline) {
      pipeline = { layout: this.layouts.get(op, module, entryPoint), pending: null, compiled: null, error: null };
      const constants = constantsOf(op, module, overrides);
      const code = rewriteTiles(op, module, tiles);
      pipeline.pending = this.compile(op, pipeline, { module, code, entryPoint, constants },
        () => variants.delete(key));
      variants.set(key, pipeline);
    }
    return pipeline;
  }

  /** Compiles every kernel of `launches` before the first of them is wanted. Throws the first compiler error. */
  async warmUp(op: string, launches: readonly Specialisation[]): Promise<void> {
    const pipelines = launches.map((launch) => this.get(op, launch));
    await Promise.all(pipelines.map((pipeline) => pipeline.pending));
    for (const { error } of pipelines) if (error) throw error;
  }

  private async compile(op: string, pipeline: Pipeline, source: Source, forget: () => void): Promise<void> {
    const { module, entryPoint, constants } = source;
    try {
      const shader = await this.shader(op, module, source.code);
      if (shader instanceof DeviceError) throw shader;
      pipeline.compiled = await this.device.createComputePipelineAsync({
        label: `${op} (${module.name}, ${entryPoint})`,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [pipeline.layout.gpu] }),
        compute: { module: shader, entryPoint, constants },
      });
    } catch (error) {
      pipeline.error = error instanceof DeviceError
        ? error
        : new DeviceError(`${op}: ${module.name}, ${entryPoint}: ${oneLine((error as Error).message)}`);
      // The kernel is at fault and stays so, unless the driver merely could not do it now: then the next call tries again.
      if ((error as GPUPipelineError).reason === 'internal') forget();
    }
    pipeline.pending = null;
  }

  /** One shader module serves every specialisation by overrides; the code differs only by its tiles. */
  private shader(op: string, module: WgslModule, code: string): Promise<GPUShaderModule | DeviceError> {
    let shader = this.shaders.get(code);
    if (!shader) {
      shader = this.createShader(op, module, code);
      this.shaders.set(code, shader);
    }
    return shader;
  }

  private async createShader(op: string, module: WgslModule, code: string): Promise<GPUShaderModule | DeviceError> {
    this.device.pushErrorScope('validation');
    const shader = this.device.createShaderModule({ label: module.name, code });
    const error = await this.device.popErrorScope();
    if (!error) return shader;
    const { messages } = await shader.getCompilationInfo();
    const first = messages.find((message) => message.type === 'error');
    const where = first ? `${module.name}:${first.lineNum}:${first.linePos}` : module.name;
    return new DeviceError(`${op}: ${where}: ${oneLine(first?.message ?? error.message)}`);
  }
}

interface Source {
  module: WgslModule;
  code: string;
  entryPoint: string;
  constants: Record<string, number>;
}

function keyOf(values: Readonly<Record<string, number | boolean | string>>): string {
  let key = '';
  for (const name in values) key += `${name}=${values[name]},`;
  return key;
}

/** Overrides go by name, or by number where the WGSL gives them an `@id`. */
function constantsOf(op: string, module: WgslModule, values: NonNullable<Launch['overrides']>): Record<string, number> {
  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    const override = module.overrides.find((candidate) => candidate.name === name);
    if (!override) throw new TapegradError(`${op}: ${module.name} declares no override ${name}`);
    constants[override.id ?? name] = Number(value);
  }
  return constants;
}

export function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
