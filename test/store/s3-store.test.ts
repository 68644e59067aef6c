import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, openSync, closeSync, writeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { sendSignal } from '../../src/children/index.js';
import { openS3Store, type S3Settings } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { all } from './contract.js';
import { openCuttingProxy, type CuttingProxy } from './cutting-proxy.js';
import { openObjectStoreGround, type ObjectStoreGround } from './object-store-ground.js';

const mebibyte = 1024 ** 2;
const partBytes = 5 * mebibyte;
let ground: ObjectStoreGround;
const proxies: CuttingProxy[] = [];
beforeAll(async () => {
  ground = await openObjectStoreGround();
});
afterAll(async () => {
  for (const proxy of proxies) await proxy.close();
  await ground.remove();
});

const path = (name: string) => join(ground.directory, name);
function randomFile(name: string, bytes: number): { file: string; content: Buffer } {
  const content = randomBytes(bytes);
  writeFileSync(path(name), content);
  return { file: path(name), content };
}
async function proxyTo(cutAfter: Parameters<typeof openCuttingProxy>[1]): Promise<CuttingProxy> {
  const proxy = await openCuttingProxy(ground.server.endpoint, cutAfter);
  proxies.push(proxy);
  return proxy;
}

interface ChildEnd {
  readonly signal: string | null;
  readonly answer: { readonly [name: string]: unknown };
}
/** Runs the sources in a process of its own. */
async function child(args: readonly string[], preload: readonly string[] = []): Promise<ChildEnd> {
  const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const flags = [...preload, '--import', at('../executor/fixtures/resolve-ts.mjs')];
  const process_ = spawn(process.execPath, [...flags, at('fixtures/use-store.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = buffer(process_.stderr);
  const output = buffer(process_.stdout);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    process_.once('close', (exit, by) => resolve([exit, by])),
  );
  if (code !== 0 && signal === null) throw new Error((await errors).toString());
  const text = (await output).toString();
  return { signal, answer: text === '' ? {} : (JSON.parse(text) as ChildEnd['answer']) };
}

describe('a large file', () => {
  it('goes on where a killed process stopped, and does not send again what is there', async () => {
    const { file, content } = randomFile('killed', 40 * mebibyte + 123);
    const settings = ground.settings('versioned', { partBytes });
    const killed = await child([
      'upload',
      JSON.stringify(settings),
      'set/base.tar',
      file,
      String(3 * partBytes),
    ]);
    expect(killed.signal).toBe('SIGKILL');
    const store = openS3Store(settings);
    expect(await store.head('set/base.tar')).toBeNull();
    expect(await all(store.list(''))).toEqual([]);

    const reports: number[] = [];
    const put = await store.putFile('set/base.tar', file, { progress: (bytes) => reports.push(bytes) });
    expect(reports[0]).toBeGreaterThanOrEqual(3 * partBytes);
    expect(reports.at(-1)).toBe(content.length);
    expect(put.sha256).toBe(sha256Hex(content));
    expect(Buffer.compare(await buffer(await store.get('set/base.tar')), content)).toBe(0);
    expect(await store.abortUnfinished(0)).toEqual([]);
  });

  it('is sent whole when what an earlier attempt left is of other bytes, and the leftovers can be removed', async () => {
    const { file } = randomFile('before', 20 * mebibyte);
    const settings = ground.settings('plain', { partBytes });
    await child(['upload', JSON.stringify(settings), 'dump', file, String(partBytes)]);
    const { content } = randomFile('before', 20 * mebibyte);
    const store = openS3Store(settings);
    const reports: number[] = [];
    await store.putFile('dump', file, { progress: (bytes) => reports.push(bytes) });
    expect(reports[0]).toBe(partBytes);
    expect(Buffer.compare(await buffer(await store.get('dump')), content)).toBe(0);

    expect(await store.abortUnfinished(3_600_000)).toEqual([]);
    // Another store in the same bucket leaves it alone.
    expect(await ground.fresh('plain').abortUnfinished(0)).toEqual([]);
    expect(await store.abortUnfinished(0)).toMatchObject([{ key: 'dump' }]);
    expect(await store.abortUnfinished(0)).toEqual([]);
  });

  it('fails clearly when the gateway goes away in the middle; the next attempt goes on', async () => {
    const { file, content } = randomFile('gone', 60 * mebibyte);
    const store = ground.fresh('plain', { partBytes, attempts: 2, requestTimeoutMs: 5000 });
    const stopped: Promise<void>[] = [];
    const progress = (bytes: number) => {
      if (bytes >= 3 * partBytes && stopped.length === 0) stopped.push(ground.server.stopGateway());
    };
    const failure = await failureOf(store.putFile('base', file, { progress }));
    await Promise.all(stopped);
    expect(failure).toMatchObject({ reason: 'unavailable', retryable: true });
    expect(failure.message).toContain(`${store.describe} cannot be reached for putting part`);
    expect(failure.hint).toContain('curl');
    expect((await failureOf(store.head('base'))).message).toContain('nothing listens there');
    await ground.server.startGateway();
    const reports: number[] = [];
    await store.putFile('base', file, { progress: (bytes) => reports.push(bytes) });
    expect(reports.at(-1)).toBe(content.length);
    expect(reports[0]).toBeGreaterThanOrEqual(3 * partBytes);
    expect(sha256Hex(await buffer(await store.get('base')))).toBe(sha256Hex(content));
  });

  it('leaves no parts behind when the caller gives a stream and it breaks', async () => {
    const store = ground.fresh('plain', { partBytes });
    const body = Readable.from(
      (async function* () {
        for (let count = 0; count < 12; count += 1)
          yield await Promise.resolve(Buffer.alloc(mebibyte, count));
        throw new Error('pg_basebackup was ended');
      })(),
    );
    expect((await failureOf(store.put('stream', body))).message).toContain('pg_basebackup was ended');
    expect(await store.head('stream')).toBeNull();
    expect(await store.abortUnfinished(0)).toEqual([]);
  });

  it('keeps what it sent when it is cancelled, and says that it was', async () => {
    const { file } = randomFile('cancelled', 30 * mebibyte);
    const store = ground.fresh('plain', { partBytes });
    const ending = new AbortController();
    const putting = store.putFile('base', file, { signal: ending.signal, progress: () => ending.abort() });
    expect((await failureOf(putting)).reason).toBe('cancelled');
    expect(await store.head('base')).toBeNull();
    expect(await store.abortUnfinished(0)).toHaveLength(1);
  });

  it.each(['plain', 'versioned'] as const)(
    'is not overwritten by another that is finished later (%s)',
    async (bucket) => {
      const { file } = randomFile('late', 60 * mebibyte);
      const store = ground.fresh(bucket, { partBytes });
      const second: Promise<unknown>[] = [];
      const progress = () => {
        if (second.length === 0) second.push(store.put('base', Buffer.from('quicker')));
      };
      const failure = await failureOf(store.putFile('base', file, { progress }));
      await Promise.all(second);
      expect(failure.reason).toBe('refused');
      expect((await buffer(await store.get('base'))).toString()).toBe('quicker');
      expect(await store.abortUnfinished(0)).toEqual([]);
    },
  );

  it.each(['upload', 'stream'])('takes little memory, whatever its size (%s)', async (way) => {
    const file = path('sparse');
    const descriptor = openSync(file, 'w');
    // Every mebibyte differs; the rest of the file is a hole.
    for (let at = 0; at < 600; at += 1) writeSync(descriptor, String(at), at * mebibyte);
    writeSync(descriptor, '.', 600 * mebibyte - 1);
    closeSync(descriptor);
    const settings = ground.settings('plain');
    // Beyond what a process takes that only asks: the built program's 85 MB, here with Node's own compiler in it.
    const { answer: idle } = await child(['probe', JSON.stringify(settings)]);
    const { answer } = await child([way, JSON.stringify(settings), 'large', file]);
    expect(answer['result']).toMatchObject({ bytes: 600 * mebibyte });
    expect(Number(answer['peakKilobytes']) - Number(idle['peakKilobytes'])).toBeLessThan(60 * 1024);
    await openS3Store(settings).delete('large');
  });
});

describe('an answer that never came', () => {
  it('counts as done when the object is there, and is not put twice', async () => {
    const proxy = await proxyTo((line, cuts) => (line.startsWith('PUT ') && cuts === 0 ? 0 : null));
    const settings = ground.settings('versioned', { endpoint: proxy.endpoint });
    const put = await openS3Store(settings).put('once', Buffer.from('body'));
    expect(proxy.cuts()).toBe(1);
    const versions = await all(openS3Store(settings).versions('once'));
    expect(versions.map((one) => one.versionId)).toEqual([put.versionId]);
  });

  it('counts as done too when it was about joining the parts', async () => {
    const { file, content } = randomFile('joined', 11 * mebibyte);
    const proxy = await proxyTo((line, cuts) => (/^POST \S+uploadId=/.test(line) && cuts === 0 ? 0 : null));
    const store = ground.fresh('versioned', { endpoint: proxy.endpoint, partBytes });
    const put = await store.putFile('base', file);
    expect(proxy.cuts()).toBe(1);
    expect(put).toMatchObject({ bytes: content.length, sha256: sha256Hex(content) });
    expect((await all(store.versions('base'))).map((one) => one.versionId)).toEqual([put.versionId]);
  });

  it('is refused when other bytes are in its place', async () => {
    const settings = ground.settings('plain');
    const direct = openS3Store(settings);
    // Our own look finds nothing; before our put arrives somebody else's has.
    const proxy = await proxyTo((line, cuts) => (line.startsWith('HEAD ') && cuts === 0 ? 0 : null));
    await direct.put('key', Buffer.from('other'));
    const store = openS3Store({ ...settings, endpoint: proxy.endpoint });
    expect((await failureOf(store.put('key', Buffer.from('mine!')))).reason).toBe('refused');
    expect((await buffer(await direct.get('key'))).toString()).toBe('other');
  });

  it('is waited for no longer than the limit', async () => {
    const gateway = ground.server.process('gateway')!;
    const store = ground.fresh('plain', { attempts: 1, requestTimeoutMs: 500 });
    sendSignal(gateway, 'SIGSTOP');
    try {
      const failure = await failureOf(store.put('key', Buffer.from('x')));
      expect(failure.message).toContain('did not answer in time');
    } finally {
      sendSignal(gateway, 'SIGCONT');
    }
    await store.put('key', Buffer.from('x'));
  });
});

describe('reading', () => {
  it('fails when the connection is cut, and never ends early in silence', async () => {
    const settings = ground.settings('plain');
    await openS3Store(settings).put('object', randomBytes(3 * mebibyte));
    const proxy = await proxyTo((line) => (line.startsWith('GET ') ? mebibyte : null));
    const body = await openS3Store({ ...settings, endpoint: proxy.endpoint }).get('object');
    const failure = await failureOf(buffer(body));
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toMatch(/reading object from .* broke off/);
  });

  it('fails when nothing comes any more', async () => {
    const store = ground.fresh('plain', { requestTimeoutMs: 500 });
    await store.put('object', randomBytes(14 * mebibyte));
    const body = await store.get('object');
    const gateway = ground.server.process('gateway')!;
    const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await chunks.next();
    sendSignal(gateway, 'SIGSTOP');
    try {
      const rest = async () => {
        while ((await chunks.next()).done !== true);
      };
      expect((await failureOf(rest())).message).toContain('nothing came for 0.5 s');
    } finally {
      sendSignal(gateway, 'SIGCONT');
    }
  });
});

describe('versions and locks', () => {
  const until = () => new Date(Date.now() + 3 * 86_400_000).toISOString();

  it('a locked version cannot be removed, and stays readable below a delete marker', async () => {
    const store = ground.fresh('locked');
    const { versionId } = await store.put('copy', Buffer.from('precious'));
    expect(await store.head('copy')).toMatchObject({ versionId, lockMode: 'compliance' });
    const failure = await failureOf(store.deleteVersion('copy', versionId!));
    expect(failure.reason).toBe('refused');
    expect(failure.message).toMatch(/is locked until 20/);
    await store.delete('copy');
    expect(await store.head('copy')).toBeNull();
    expect((await buffer(await store.get('copy', { versionId: versionId! }))).toString()).toBe('precious');
    expect(await all(store.versions(''))).toMatchObject([
      { key: 'copy', isLatest: true, isDeleteMarker: true },
      { key: 'copy', versionId, isLatest: false, isDeleteMarker: false, bytes: 8 },
    ]);
    // The lock of the first does not keep anybody from using the key again.
    await store.put('copy', Buffer.from('new'));
  });

  it('locks what it is told to, in one piece and in parts, longer than the bucket does by itself', async () => {
    const { file } = randomFile('lock', 11 * mebibyte);
    for (const bucket of ['lockable', 'locked'] as const) {
      const store = ground.fresh(bucket, { partBytes });
      const lockUntil = until();
      await store.put('small', Buffer.from('x'), { lockUntil });
      await store.putFile('large', file, { lockUntil });
      for (const key of ['small', 'large']) {
        const { lockedUntil, lockMode } = (await store.head(key))!;
        expect(lockMode).toBe('compliance');
        expect(Math.abs(Date.parse(lockedUntil!) - Date.parse(lockUntil))).toBeLessThan(1001);
      }
    }
  });

  it('refuses to put in parts what the bucket cannot lock, before sending any', async () => {
    const { file } = randomFile('unlockable', 11 * mebibyte);
    const store = ground.fresh('versioned', { partBytes });
    const failure = await failureOf(store.putFile('large', file, { lockUntil: until() }));
    expect(failure).toMatchObject({ reason: 'unavailable', retryable: false });
    expect(failure.message).toContain('object lock is not enabled');
    expect(await store.abortUnfinished(0)).toEqual([]);
  });

  it('removes one version for good where nothing locks it', async () => {
    const store = ground.fresh('versioned');
    const { versionId } = await store.put('old', Buffer.from('x'));
    await store.delete('old');
    await store.deleteVersion('old', versionId!);
    expect(await all(store.versions('old'))).toMatchObject([{ isDeleteMarker: true }]);
    const gone = await failureOf(store.get('old', { versionId: versionId! }));
    expect(gone.message).toBe(`there is no old in ${store.describe}`);
  });

  it('says what each bucket can, the same every time', async () => {
    const day = 86_400_000;
    const expected = {
      plain: { versioning: false, objectLock: false, defaultLockMs: null, exclusivePut: true },
      // This gateway ignores the condition where versions are kept.
      versioned: { versioning: true, objectLock: false, defaultLockMs: null, exclusivePut: false },
      locked: { versioning: true, objectLock: true, defaultLockMs: day, exclusivePut: false },
    };
    for (const [bucket, capabilities] of Object.entries(expected)) {
      const settings = ground.settings(bucket as 'plain');
      for (let again = 0; again < 3; again += 1)
        expect(await openS3Store(settings).probe()).toMatchObject(capabilities);
    }
  });

  it('lists more than one page, in order', async () => {
    const keys = Array.from({ length: 1050 }, (_, at) => `k/${String(at).padStart(5, '0')}`);
    for (const bucket of ['plain', 'versioned'] as const) {
      const settings = ground.settings(bucket);
      const store = openS3Store(settings);
      await ground.putMany(settings, keys);
      expect((await all(store.list('k/'))).map((one) => one.key)).toEqual(keys);
      if (bucket === 'versioned') expect(await all(store.versions(''))).toHaveLength(1050);
    }
  });
});

describe('what is wrong is said', () => {
  const secrets = () => readFileSync(ground.server.adminCredentials, 'utf8').match(/(?<== )\S+/g)!;
  const put = async (more: Partial<S3Settings>) => {
    const store = ground.fresh('plain', { attempts: 2, requestTimeoutMs: 5000, ...more });
    const failure = await failureOf(store.put('key', Buffer.from('x')));
    for (const secret of secrets()) {
      expect(`${failure.message} ${failure.hint} ${store.describe} ${String(failure.cause)}`).not.toContain(
        secret,
      );
    }
    expect(failure.hint).toMatch(/^[A-Z].*\.$/s);
    return failure;
  };
  const credentials = (name: string, text: string, mode = 0o600): Partial<S3Settings> => {
    writeFileSync(path(name), text);
    chmodSync(path(name), mode);
    return { credentials: { kind: 'file', path: path(name) } };
  };
  const keys = (id: string, secret: string) =>
    `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`;

  it.each([
    ['an unknown bucket', () => ({ bucket: 'nowhere' }), 'there is no bucket nowhere', '`bucket`'],
    [
      'an unknown storage class',
      () => ({ storageClass: 'GLACIER' }),
      'storage class GLACIER',
      '`storage-class`',
    ],
    ['an unknown host', () => ({ endpoint: 'http://s3.invalid' }), 'its name is not known', 'curl'],
    ['a port nobody listens on', () => ({ endpoint: 'http://127.0.0.1:1' }), 'nothing listens there', 'curl'],
    [
      'a wrong secret',
      () => credentials('secret', keys(secrets()[0], 'wrong')),
      'the secret key is wrong',
      '`aws_secret_access_key`',
    ],
    [
      'an unknown access key',
      () => credentials('id', keys('nobody', secrets()[1]!)),
      'it does not know the access key',
      '`aws_access_key_id`',
    ],
    [
      'a missing file',
      () => ({ credentials: { kind: 'file', path: '/none' } as const }),
      'no credentials',
      'chmod',
    ],
    ['an empty file', () => credentials('empty', '[other]\n'), 'lacks a section [default]', '`[default]`'],
    [
      'a file that others may read',
      () => credentials('open', keys(...(secrets() as [string, string])), 0o640),
      'others may read the credentials',
      'chmod 600',
    ],
  ])('%s', async (_, more, message, hint) => {
    const failure = await put(more());
    expect(failure.message).toContain(message);
    expect(failure.hint).toContain(hint);
  });

  it('an unknown storage class of a large file', async () => {
    const { file } = randomFile('class', 11 * mebibyte);
    const store = ground.fresh('plain', { partBytes, storageClass: 'GLACIER' });
    expect((await failureOf(store.putFile('key', file))).message).toContain('storage class GLACIER');
  });

  it('an unknown bucket, whatever is asked', async () => {
    const store = ground.fresh('plain', { bucket: 'nowhere' });
    const asked = [
      () => store.head('x'),
      () => store.probe(),
      () => all(store.list('')),
      () => store.delete('x'),
    ];
    for (const ask of asked) expect((await failureOf(ask())).message).toContain('no bucket nowhere');
  });

  it('a clock that is an hour ahead', async () => {
    const shift = `const Real = Date; globalThis.Date = class extends Real {
      constructor(...args) { super(...(args.length === 0 ? [Real.now() + 3600000] : args)); }
      static now() { return Real.now() + 3600000; } };`;
    const preload = ['--import', `data:text/javascript,${encodeURIComponent(shift)}`];
    const { answer } = await child(['probe', JSON.stringify(ground.settings('plain'))], preload);
    expect(answer).toMatchObject({
      reason: 'unavailable',
      hint: expect.stringContaining('timedatectl') as string,
    });
    expect(answer['message']).toContain('the clock of this machine is 60 min ahead of the store');
  });

  it('a writer that may not destroy', async () => {
    const writer = { credentials: { kind: 'file', path: ground.server.writerCredentials } } as const;
    const store = ground.fresh('locked', writer);
    expect(await store.probe()).toMatchObject({ versioning: true, objectLock: true });
    await store.put('key', Buffer.from('x'));
    const failure = await failureOf(store.delete('key'));
    expect(failure.message).toContain('these credentials may not do that');
    expect((await buffer(await store.get('key'))).toString()).toBe('x');
  });
});
