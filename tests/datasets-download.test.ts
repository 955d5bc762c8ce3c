import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError, TapegradError } from '../index.js';
import { download } from '../datasets/index.js';

/* Downloads from a server on this machine: whole, resumed, broken off, wrong, missing. */

const test = suite('downloads');
const folder = mkdtempSync(join(tmpdir(), 'tapegrad-download-'));
const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251));
const checksum = { algorithm: 'sha256', digest: createHash('sha256').update(content).digest('hex') } as const;
const requests: { range: string | undefined }[] = [];
let respond: (request: IncomingMessage, response: ServerResponse) => void = () => {};
let server: Server;
let origin = '';

test.before(async () => {
  server = createServer((request, response) => {
    requests.push({ range: request.headers.range });
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
test.before.each(() => {
  requests.length = 0;
});
test.after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** A server that can continue. */
const serve = (request: IncomingMessage, response: ServerResponse) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const rest = content.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length }).end(rest);
};

const fetchAs = (name: string, options = {}) => download('test set', { url: `${origin}/${name}`, name, checksum }, { folder, ...options });

test('a file arrives whole, once, and says how far it is', async () => {
  respond = serve;
  const progress: [number, number | null][] = [];
  const path = await fetchAs('whole', { onProgress: (received: number, total: number | null) => progress.push([received, total]) });
  assert.equal(readFileSync(path), content);
  assert.equal(progress.at(-1), [content.length, content.length]);
  assert.is(await fetchAs('whole'), path);
  assert.is(requests.length, 1, 'the second time it comes from the cache');
});

test('a download that broke off goes on where it stopped', async () => {
  const part = join(folder, 'resumed.part');
  respond = (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 60_000));
    const timer = setInterval(() => {
      if (!existsSync(part) || statSync(part).size === 0) return;
      clearInterval(timer);
      response.socket!.end();
    }, 10);
  };
  try {
    await fetchAs('resumed');
    assert.unreachable('half a file is no file');
  } catch (error) {
    assert.instance(error, TapegradError);
    assert.match((error as Error).message, /^test set: cannot download http/);
  }
  assert.is(existsSync(join(folder, 'resumed')), false);
  const kept = readFileSync(part).length;
  assert.ok(kept > 0 && kept <= 60_000);
  respond = serve;
  assert.equal(readFileSync(await fetchAs('resumed')), content);
  assert.is(requests.at(-1)!.range, `bytes=${kept}-`);
});

test('a server that cannot continue sends all of it again', async () => {
  writeFileSync(join(folder, 'again.part'), 'the beginning');
  respond = (_, response) => response.writeHead(200).end(content);
  assert.equal(readFileSync(await fetchAs('again')), content);
});

test('a wrong checksum leaves nothing behind', async () => {
  respond = (_, response) => response.end('something else');
  try {
    await fetchAs('wrong');
    assert.unreachable('a wrong file was taken');
  } catch (error) {
    assert.instance(error, FormatError);
    assert.match((error as Error).message, /expected sha256 [0-9a-f]{64}, found/);
  }
  assert.is(existsSync(join(folder, 'wrong')) || existsSync(join(folder, 'wrong.part')), false);
});

test('no such file, no such server: one line that says what to do', async () => {
  respond = (_, response) => response.writeHead(404).end();
  for (const [url, cause] of [[`${origin}/gone`, 'status 404'], ['http://127.0.0.1:1/', '']]) {
    try {
      await download('test set', { url, name: 'gone', checksum }, { folder, otherwise: 'put it there by hand' });
      assert.unreachable('there is nothing to fetch');
    } catch (error) {
      assert.instance(error, TapegradError);
      assert.match((error as Error).message, cause);
      assert.match((error as Error).message, /^test set: cannot download [^\n]*; put it there by hand$/);
    }
  }
});

test.run();
