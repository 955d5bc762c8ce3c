import { init } from '../../index.js';
import type { WebGpuBackend } from '../../core/webgpu/backend.js';
import { openBench } from '../device.js';
import { type BenchRecord, toJson } from '../record.js';
import { selectRows } from '../rows.js';
import { ROUNDS, runBench } from '../run.js';
import { ownSide } from '../side.js';
import { type Environment, stampOf } from '../stamp.js';
import { COLUMNS, deviceLines, duration, nameOf, remark, summaryLine } from '../text.js';

/*
 * The bench in a browser: the page that `npm run bench -- --browser` serves. `#filter=RE&seconds=X` starts at once.
 */

function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

const form = element<HTMLFormElement>('choice');
const status = element('status');
const body = element<HTMLTableSectionElement>('rows');

function rowOf(cells: readonly string[]): HTMLTableRowElement {
  const line = document.createElement('tr');
  line.append(...cells.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
  return line;
}

function environmentOf({ description, device }: WebGpuBackend): Environment {
  return {
    date: new Date().toISOString(), node: navigator.userAgent, platform: 'browser', cpu: 'unknown', cores: navigator.hardwareConcurrency,
    adapter: description, webgpu: stampOf(device, 'the browser'), commit: null,
  };
}

async function run(filter: RegExp, secondsPerRow: number): Promise<void> {
  const rows = selectRows(filter, []);
  if (rows.length === 0) throw new Error(`no row matches ${filter}`);
  status.textContent = 'measuring what the device can do at most ...';
  body.replaceChildren();
  const lines = new Map<string, HTMLTableRowElement>();
  const backend = (await init({ device: 'webgpu' })).backend as WebGpuBackend;
  const bench = await openBench(backend);
  const measured = await runBench(bench, {
    rows, secondsPerRow, sidesOf: () => [ownSide(bench)],
    onStep({ round, position, total, name, problem, microseconds }) {
      status.textContent = `round ${round + 1} of ${ROUNDS}, row ${position} of ${total}`;
      const line = rowOf([name, microseconds === null ? problem! : duration(microseconds)]);
      lines.get(name)?.replaceWith(line);
      if (!lines.has(name)) body.append(line);
      lines.set(name, line);
    },
  });
  show({ ...measured, peers: null, environment: environmentOf(backend) });
}

function show(record: BenchRecord): void {
  body.replaceChildren(...record.rows.map((row) => rowOf([nameOf(row, record.rows), ...COLUMNS.map(({ cell }) => cell(row)), remark(row)])));
  element('device').replaceChildren(...deviceLines(record).map((text) => Object.assign(document.createElement('li'), { textContent: text })));
  status.textContent = summaryLine(record);
  const download = element<HTMLAnchorElement>('download');
  download.href = URL.createObjectURL(new Blob([toJson(record)], { type: 'application/json' }));
  download.hidden = false;
}

async function start(): Promise<void> {
  const button = element<HTMLButtonElement>('run');
  button.disabled = true;
  try {
    const values = new FormData(form);
    await run(new RegExp(String(values.get('filter'))), Number(values.get('seconds')));
  } catch (error) {
    status.textContent = (error as Error).message;
  }
  button.disabled = false;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void start();
});

const wanted = new URLSearchParams(location.hash.slice(1));
for (const [name, value] of wanted) (form.elements.namedItem(name) as HTMLInputElement).value = value;
if (wanted.size > 0) void start();
