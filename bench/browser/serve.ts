import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { htmlPage } from '../../examples/plot.js';
import { COLUMNS } from '../text.js';

const FOLDER = '.cache/bench-page';

const FORM = `
<form id="choice">
  <label>rows that match <input name="filter" value="^matmul" size="30"></label>
  <label>seconds a row <input name="seconds" type="number" value="1" min="0.01" step="any"></label>
  <button id="run">Run</button> <a id="download" download="bench.json" hidden>JSON</a>
</form>
<p id="status" role="status">Keep the page in front while it measures: browsers slow down hidden ones.</p>`;

const ROWS = `
<div class="wide"><table><thead><tr>${['row', ...COLUMNS.map(({ title }) => title), ''].map((title) => `<th>${title}</th>`).join('')}</tr></thead>
<tbody id="rows"></tbody></table></div>`;

/** Builds the page into a folder that any web server can serve: `index.html` and `page.mjs`. */
export async function buildPage(folder = FOLDER): Promise<void> {
  const { bundle } = await import(new URL('scripts/build.mjs', `file://${process.cwd()}/`).href);
  await bundle(['bench/browser/page.ts'], folder, { platform: 'browser', outbase: 'bench/browser', splitting: false });
  const page = htmlPage('Kernel bench', 'Every kernel is compared with float64 on the CPU before it is timed.', [
    { heading: 'Run', body: FORM }, { heading: 'Rows', body: ROWS }, { heading: 'Device', body: '<ul id="device"></ul>' },
  ]);
  writeFileSync(join(folder, 'index.html'), page.replace('</body>', '<script type="module" src="page.mjs"></script></body>'));
}

const TYPES: Record<string, string> = { '/': 'text/html', '/page.mjs': 'text/javascript' };

/** Serves the page on this machine until the process ends. WebGPU needs https, or localhost. */
export async function servePage(port: number): Promise<never> {
  await buildPage();
  const server = createServer(({ url = '/' }, response) => {
    const type = TYPES[url];
    if (!type) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': type }).end(readFileSync(join(FOLDER, url === '/' ? 'index.html' : url)));
  });
  await new Promise<void>((listening, fail) => server.once('error', fail).listen(port, 'localhost', listening));
  const { port: actual } = server.address() as { port: number };
  console.log(`http://localhost:${actual}/  (Ctrl-C ends)`);
  return new Promise<never>(() => {});
}
