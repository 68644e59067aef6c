import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openS3Store, type S3Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { all } from './contract.js';

// Amazon's answer, spoken by a server of this test: what is tested is what the library makes of it, and what is said then. The Ceph of the
// other tests cannot give it: there such a token is AccessDenied (ceph/s3-tests, test_assume_role_creds_expiry).
const directory = mkdtempSync(join(tmpdir(), 'fd-token-'));
const credentials = join(directory, 'credentials');
const asked: { readonly method: string; readonly token: string }[] = [];
let server: Server;
let store: S3Store;

beforeAll(async () => {
  server = createServer((request, answer) => {
    asked.push({
      method: `${request.method ?? ''} ${request.url ?? ''}`,
      token: String(request.headers['x-amz-security-token']),
    });
    request.resume();
    answer.writeHead(400, { 'content-type': 'application/xml' });
    // The answer to a HEAD has no body, and says nothing of why.
    answer.end(
      request.method === 'HEAD'
        ? undefined
        : '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><RequestId>1</RequestId></Error>',
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const pair = 'aws_access_key_id = AK\naws_secret_access_key = SECRET\naws_session_token = OLD-TOKEN\n';
  writeFileSync(credentials, `[default]\n${pair}`, { mode: 0o600 });
  store = openS3Store({
    ...{ bucket: 'rides', region: 'us-east-1', pathStyle: true, checksums: 'when-required' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { kind: 'file', path: credentials },
  });
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

it.each<[string, () => Promise<unknown>]>([
  ['listed', async () => all(store.list(''))],
  ['asked for an object', async () => store.head('a')],
  ['read', async () => store.get('a')],
  ['written to', async () => store.put('a', Buffer.from('x'))],
])(
  'a session token that has expired is called that when the store is %s, and nothing is tried again',
  async (_, ask) => {
    asked.length = 0;
    const failure = await failureOf(ask());
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toContain('the session token has expired');
    expect(failure.hint).toContain(`so that ${credentials} holds a fresh token`);
    expect(`${failure.message}${failure.hint ?? ''}${String(failure.cause)}`).not.toMatch(/OLD-TOKEN|SECRET/);
    expect(failure.retryable).toBe(false);
    const methods = asked.map((one) => one.method);
    expect(methods.length).toBe(new Set(methods).size);
    expect(asked.every((one) => one.token === 'OLD-TOKEN')).toBe(true);
  },
);
