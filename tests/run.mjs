import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { adapterEnvironment } from '../scripts/adapter.mjs';
import { bundle } from '../scripts/build.mjs';
import { ownFolder } from '../scripts/ownFolder.mjs';

/*
 * npm test -- [part of a file name ...]
 *
 * Runs every tests/**.test.ts in a process of its own, so that a crash, a hang or a leak in one cannot hurt another.
 * The last line is `N passed, N failed`, followed by `, N skipped` if something was; each skip prints its reason.
 */

const TIMEOUT_SECONDS = Number(process.env.TAPEGRAD_TEST_TIMEOUT ?? 300);

const { positionals: filters } = parseArgs({ allowPositionals: true });
const files = readdirSync('tests', { recursive: true })
  .map((file) => join('tests', file))
  .filter((file) => file.endsWith('.test.ts') && (filters.length === 0 || filters.some((part) => file.includes(part))))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(', ')}`);
  process.exit(2);
}

const output = ownFolder('tests'); // two runs at once must not disturb each other
const [adapter] = await Promise.all([
  adapterEnvironment({ allowSwiftShader: true }),
  bundle(files, output, { platform: 'node', packages: 'external' }),
]);
console.log(`WebGPU: ${adapter.description}`);

/** Runs one bundled test file; resolves with its counts and what it printed. */
function runFile(file) {
  return new Promise((resolve) => {
    const began = performance.now();
    const program = join(output, file.replace(/\.ts$/, '.mjs'));
    const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', program], {
      env: { ...process.env, FORCE_COLOR: '0', ...adapter.env },
    });
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    child.stderr.on('data', (chunk) => (printed += chunk));
    const timer = setTimeout(() => {
      printed += `\nstopped after ${TIMEOUT_SECONDS} s\n`;
      child.kill('SIGKILL');
    }, 1000 * TIMEOUT_SECONDS);
    child.on('close', (code) => {
      clearTimeout(timer);
      printed = stripVTControlCharacters(printed);
      const count = (label) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(printed)?.[1] ?? 0);
      const total = count('Total');
      const passed = count('Passed');
      const skips = [...printed.matchAll(/^SKIP (.*)$/gm)].map(([, reason]) => reason);
      // A crash, a hang, or a file that ran nothing is a failure even if no assertion was.
      const broken = code !== 0 && total === passed || total + skips.length === 0;
      resolve({ file, printed, passed, failed: total - passed + (broken ? 1 : 0), skips, seconds: (performance.now() - began) / 1000 });
    });
  });
}

const results = [];
const queue = [...files];
async function worker() {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const result = await runFile(file);
    results.push(result);
    const skipped = result.skips.length > 0 ? `, ${result.skips.length} skipped` : '';
    console.log(`${result.failed > 0 ? 'FAIL' : 'ok  '} ${file}: ${result.passed} passed, ${result.failed} failed${skipped} (${result.seconds.toFixed(1)} s)`);
    if (result.failed > 0) console.log(result.printed);
    for (const reason of result.skips) console.log(`     skipped: ${reason}`);
  }
}
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));

const sum = (pick) => results.reduce((total, result) => total + pick(result), 0);
const [passed, failed, skipped] = [sum((r) => r.passed), sum((r) => r.failed), sum((r) => r.skips.length)];
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
