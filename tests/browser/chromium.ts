import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Page, chromium } from 'playwright-core';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundle } from '../../scripts/build.mjs';
// @ts-expect-error: likewise
import { unpacked } from '../../scripts/chromiumPackage.mjs';

/* Pages in a real browser: the Chromium that npm brings along, whose WebGPU runs on SwiftShader. */

const FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader'];

/** Pages live here, without a server: WebGPU wants https. */
const ORIGIN = 'https://tapegrad.test/';

const TYPES: Record<string, string> = { html: 'text/html', mjs: 'text/javascript', map: 'application/json' };

/** The browser's program and its environment. Its own libraries stand in where the system has none. */
async function findChromium(): Promise<{ executablePath: string; env: NodeJS.ProcessEnv }> {
  const folder: string = await unpacked('chromium', ['chromium.br', 'swiftshader.tar.br', 'al2023.tar.br']);
  const executablePath = join(folder, 'chromium');
  const works = spawnSync(executablePath, ['--version']).status === 0;
  return { executablePath, env: works ? process.env : { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib') } };
}

/** Bundles `program` for browsers as `page.mjs` of a folder, beside a page that loads it. */
export async function buildPage(program: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await bundle([program], folder, { platform: 'browser', splitting: false, entryNames: 'page' });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>tapegrad</title><script type="module" src="page.mjs"></script>');
}

/** Opens `index.html` of a folder in Chromium, and gives it to `use`. What goes wrong on the page rejects, even if nobody waits for it. */
export async function withPage<T>(folder: string, use: (page: Page) => Promise<T>, hash = ''): Promise<T> {
  const { executablePath, env } = await findChromium();
  const browser = await chromium.launch({ executablePath, args: FLAGS, env: env as Record<string, string> });
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}**`, (route) => {
      const file = new URL(route.request().url()).pathname.slice(1) || 'index.html';
      return route.fulfill({ body: readFileSync(join(folder, file)), contentType: TYPES[file.split('.').at(-1)!] ?? 'text/plain' });
    });
    const failed = new Promise<never>((_, fail) => page.on('pageerror', fail).on('crash', () => fail(new Error('the page crashed'))));
    const used = page.goto(`${ORIGIN}${hash}`).then(() => use(page));
    return await Promise.race([used, failed]);
  } finally {
    await browser.close();
  }
}
