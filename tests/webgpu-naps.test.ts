import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Naps } from '../core/webgpu/naps.js';

const test = suite('webgpu naps');

const later = (milliseconds: number) => new Promise<number>((resolve) => setTimeout(() => resolve(milliseconds), milliseconds));

for (const wanted of [true, false]) {
  test(`${wanted ? 'with' : 'without'} naps, promises settle as they do anyway, however many are awaited`, async () => {
    const naps = new Naps(wanted);
    assert.equal(await Promise.all([naps.during(later(60)), naps.during(later(30)), naps.during(Promise.resolve(1))]), [60, 30, 1]);
    const failed = await naps.during(Promise.reject(new Error('lost'))).catch((error: Error) => error.message);
    assert.is(failed, 'lost');
    assert.is(await naps.during(later(25)), 25, 'and again afterwards');
  });
}

test('waits that follow each other at once take one turn of the event loop between them, not one each', async () => {
  const naps = new Naps(true);
  for (let i = 0; i < 100; i++) await naps.during(Promise.resolve());
  const { setImmediate } = globalThis;
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
  let queued = 0;
  globalThis.setImmediate = Object.assign((...args: Parameters<typeof setImmediate>) => (queued++, setImmediate(...args)), setImmediate);
  try {
    const wait = naps.during(later(30));
    await nextTurn();
    queued = 0;
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.is(queued, 5);
    await wait;
  } finally {
    globalThis.setImmediate = setImmediate;
  }
});

test('only Node polls, and only a device on the CPU wants its core', () => {
  assert.is(Naps.areUseful('software'), true);
  assert.is(Naps.areUseful('discrete'), false);
});

test.run();
