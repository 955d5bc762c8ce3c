import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';
import { killRuns } from './soak/killRuns.js';

/* A few kills; `npm run soak:kill` does many. */

const KILLS = 3;

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/kill-');
const test = suite('kill');
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('a training killed at random moments and resumed ends bit-equal to one left alone', async () => {
  const program: string = await bundleProgram('tests/soak/killedRun.ts', folder);
  const { steps, runs, differences } = await killRuns({ program, folder, device: 'cpu', kills: KILLS, seed: 3 });
  assert.equal(differences, []);
  assert.is(steps.length, KILLS);
  assert.ok(runs >= 1);
});

test.run();
