import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/index.js';
import { commandChannel, outboxChannel, webhookChannel, type Channel } from '../../src/notify/index.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'firedrill-notify-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const message = { to: 'customers', subject: 'Back – “again”', body: 'line 1\nline 2\n' };

async function failure(channel: Channel): Promise<Failure> {
  const error = await channel.deliver(message).then(
    () => new Error('it was delivered'),
    (cause: unknown) => cause,
  );
  if (error instanceof Failure) return error;
  throw error instanceof Error ? error : new Error('no failure');
}

describe('the outbox', () => {
  test('holds one file a message, in the order in which they were sent', async () => {
    const outbox = join(folder, 'deep', 'outbox');
    const channel = outboxChannel(outbox);
    for (const to of ['internal', 'customers', 'internal']) await channel.deliver({ ...message, to });
    expect(readdirSync(outbox).sort()).toEqual(['001-internal.txt', '002-customers.txt', '003-internal.txt']);
    expect(readFileSync(join(outbox, '002-customers.txt'), 'utf8')).toBe(
      'To: customers\nSubject: Back – “again”\n\nline 1\nline 2\n',
    );
    // Whoever carries messages by hand takes away those that are done.
    rmSync(join(outbox, '001-internal.txt'));
    await channel.deliver({ ...message, to: 'internal' });
    expect(readdirSync(outbox).sort().at(-1)).toBe('004-internal.txt');
  });

  test('loses none of several messages sent at once', async () => {
    const outbox = join(folder, 'busy');
    const channel = outboxChannel(outbox);
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => channel.deliver({ ...message, body: `${n}` })),
    );
    const bodies = readdirSync(outbox).map((name) =>
      readFileSync(join(outbox, name), 'utf8').split('\n').at(-1),
    );
    expect(new Set(bodies).size).toBe(20);
  });

  test('that cannot be written is unavailable', async () => {
    // A file in its place stops root, too.
    writeFileSync(join(folder, 'taken'), '');
    expect(await failure(outboxChannel(join(folder, 'taken', 'outbox')))).toMatchObject({
      reason: 'unavailable',
      retryable: true,
      message: expect.stringContaining('taken/outbox') as string,
    });
  });
});

describe('a webhook', () => {
  const secret = 'T0P-s3cret';
  const seen: { url: string; method: string; type: string; body: string }[] = [];
  let server: Server;
  let base: string;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/silent') === true) return;
    if (request.url?.startsWith('/cut') === true) return void request.socket.destroy();
    const status = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200);
    response.writeHead(status, status === 302 || status === 307 ? { location: `${base}/200/elsewhere` } : {});
    response.end('answer');
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { url = '', method = '', headers } = request;
        seen.push({
          url,
          method,
          type: headers['content-type'] ?? '',
          body: Buffer.concat(parts).toString(),
        });
        answer(request, response);
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  test('gets the text the way Slack expects it', async () => {
    await webhookChannel(`${base}/200/${secret}`).deliver(message);
    const last = seen.at(-1);
    expect(last).toMatchObject({ method: 'POST', type: 'application/json', url: `/200/${secret}` });
    expect(JSON.parse(last?.body ?? '')).toEqual({
      text: '*Back – “again”*\nline 1\nline 2\n',
      to: 'customers',
      subject: 'Back – “again”',
    });
  });

  test.each([
    ['an error of the server', '500', /answered with status 500$/],
    ['a refusal', '404', /answered with status 404$/],
    ['a redirect, which would carry the text elsewhere', '302', /did not answer$/],
    ['a redirect that keeps the method', '307', /did not answer$/],
    ['silence', 'silent', /did not answer$/],
    ['a connection that is cut', 'cut', /did not answer$/],
  ])('fails on %s, and its address is in no part of the failure', async (_, path, said) => {
    const before = seen.length;
    const channel = webhookChannel(`${base}/${path}/${secret}?token=${secret}`, 300);
    const found = await failure(channel);
    expect(found).toMatchObject({ reason: 'unavailable', message: expect.stringMatching(said) as string });
    expect(seen.length).toBe(before + 1);
    const host = new URL(base).host;
    expect(channel.describe).toBe(`webhook ${host}`);
    expect(found.message).toContain(host);
    const shown = [found.message, found.hint, found.stack, String(found.cause), channel.describe].join();
    expect(shown).not.toContain(secret);
  });

  test('where nobody listens, or with no address at all, says so without showing it', async () => {
    expect((await failure(webhookChannel(`http://127.0.0.1:1/${secret}`))).message).toBe(
      'the webhook at 127.0.0.1:1 did not answer',
    );
    let thrown: unknown;
    try {
      webhookChannel(`hooks.example.org/${secret}`);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ reason: 'invalid' });
    expect(String((thrown as Error).stack)).not.toContain(secret);
  });
});

describe('a command', () => {
  test('reads the message as one line of JSON on its standard input', async () => {
    const file = join(folder, 'read.json');
    const channel = commandChannel(['sh', '-c', 'cat > "$1"', 'sh', file]);
    expect(channel.describe).toBe('command sh');
    await channel.deliver(message);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(message)}\n`);
  });

  test('that does not read its input may succeed all the same', async () => {
    await commandChannel(['true']).deliver({ ...message, body: 'x'.repeat(1_000_000) });
  });

  test.each([
    [
      'an exit code',
      ['sh', '-c', 'echo no such user >&2; exit 3'],
      /^sh ended with exit code 3: no such user$/,
    ],
    ['no word', ['false'], /^false ended with exit code 1: it printed nothing$/],
    ['a signal', ['sh', '-c', 'kill -9 $$'], /^sh ended with SIGKILL/],
    ['a missing program', ['firedrill-no-such-program'], /^cannot start firedrill-no-such-program/],
    ['no end', ['sleep', '60'], /^sleep ended with SIGTERM/],
  ])('that fails with %s is unavailable', async (_, command, said) => {
    const found = await failure(commandChannel(command, 500));
    expect(found).toMatchObject({ reason: 'unavailable', message: expect.stringMatching(said) as string });
  });
});
