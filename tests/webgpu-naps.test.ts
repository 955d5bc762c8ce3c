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

test('only Node polls, and only a device on the CPU wants its core', () => {
  assert.is(Naps.areUseful('software'), true);
  assert.is(Naps.areUseful('discrete'), false);
});

test.run();
