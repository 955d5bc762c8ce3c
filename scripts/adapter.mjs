import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpacked } from './chromiumPackage.mjs';

/*
 * Finds a WebGPU adapter for Node: what the machine has, then an installed lavapipe, then SwiftShader from npm.
 * Vulkan's loader reads its environment when the process starts, so the answer is an environment for a child.
 * TAPEGRAD_ADAPTER=auto|machine|lavapipe|swiftshader|none forces a route.
 */

const ICD_FOLDER = '/usr/share/vulkan/icd.d';
const SWIFTSHADER_ICD = 'vk_swiftshader_icd.json';
const PROBE = fileURLToPath(new URL('./probeAdapter.mjs', import.meta.url));

/** What Mesa wants set so that it does not complain. */
const QUIET = { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp' };

/** Opens an adapter and a device in a child process with `env`; null if that fails, crashes or hangs. */
function probe(env) {
  const child = spawnSync(process.execPath, [PROBE], { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 20_000 });
  return child.status === 0 ? child.stdout.trim() : null;
}

/** The Vulkan driver that the npm package of Chromium carries. */
async function swiftShader() {
  const folder = await unpacked('swiftshader', ['swiftshader.tar.br'], (temporary, folder) => {
    const icd = join(temporary, SWIFTSHADER_ICD);
    const description = JSON.parse(readFileSync(icd, 'utf8'));
    description.ICD.library_path = join(folder, description.ICD.library_path);
    writeFileSync(icd, JSON.stringify(description));
  });
  return {
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    VK_ICD_FILENAMES: join(folder, SWIFTSHADER_ICD),
  };
}

function lavapipe() {
  if (!existsSync(ICD_FOLDER)) return null;
  const file = readdirSync(ICD_FOLDER).find((name) => /^lvp_icd.*\.json$/.test(name));
  return file ? { VK_ICD_FILENAMES: join(ICD_FOLDER, file), ...QUIET } : null;
}

const ROUTES = {
  machine: () => ({ ...QUIET }),
  lavapipe,
  swiftshader: swiftShader,
};

const CHOICES = ['auto', 'none', ...Object.keys(ROUTES)];

/**
 * The first route that opens a device: its name, a line that describes it, and the environment to start with. Ends the program, with
 * one line and exit code 2, where TAPEGRAD_ADAPTER names no route.
 */
export async function adapterEnvironment({ allowSwiftShader = false } = {}) {
  const wanted = process.env.TAPEGRAD_ADAPTER ?? 'auto';
  if (!CHOICES.includes(wanted)) {
    console.error(`TAPEGRAD_ADAPTER=${wanted}: choose one of ${CHOICES.join(', ')}`);
    process.exit(2);
  }
  const order = wanted === 'auto' ? ['machine', 'lavapipe', ...(allowSwiftShader ? ['swiftshader'] : [])] : [wanted];
  for (const name of order) {
    const env = await ROUTES[name]?.();
    const description = env && probe(env);
    if (description) return { name, description, env };
  }
  return { name: 'none', description: 'no WebGPU adapter', env: { TAPEGRAD_ADAPTER: 'none' } };
}
