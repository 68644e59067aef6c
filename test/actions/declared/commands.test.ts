import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  declaredEnvironment,
  readDeclared,
  stateFile,
  type Environment,
} from '../../../src/actions/index.js';
import type { JsonObject } from '../../../src/base/index.js';
import { findTools, type ClusterLocation } from '../../../src/postgres/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fd-commands-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const sh = (script: string) => ['sh', '-c', script];
const base: JsonObject = {
  kind: 'declared',
  database: { host: '127.0.0.1', port: 5999, name: 'rides', user: 'admin', dataDirectory: '/srv/pg/data' },
  fingerprint: { systemIdentifier: '7412345678901234567', host: '127.0.0.1', port: 5999 },
  store: 'main',
  stores: { main: { kind: 'local', directory: 'backups' } },
  policy: { staticTables: [], appendOnly: {} },
};

async function environmentWith(declared: JsonObject): Promise<Environment & { location: ClusterLocation }> {
  const settings = await readDeclared('production', { ...base, ...declared }, folder);
  const state = stateFile(join(folder, 'state.json'));
  const record = {
    location: settings.primary,
    token: null,
    inode: null,
    fingerprint: null,
    postmaster: null,
  };
  await state.write({
    ...{ v: 1, environment: 'production', openedAt: '2027-01-17T01:02:03.000Z', clusters: [record] },
    names: { primary: settings.primary.dataDirectory },
  });
  const made = declaredEnvironment({
    ...{ settings, runId: 'r', state, tools: await findTools(), values: {}, sentinel: null },
    ...{ channels: new Map(), outbox: join(folder, 'outbox'), moved: () => undefined },
    passwords: { formerFolder: '/nowhere', own: [], learn: () => undefined },
  });
  return Object.defineProperty(made, 'location', { value: settings.primary }) as never;
}

const application = (isRunning: string[], start = sh('true')) => ({
  application: { health: 'http://127.0.0.1:1/health', start, stop: sh('true'), isRunning },
});

describe('whether the application runs', () => {
  test.each([
    ['exit 0', true],
    ['exit 1', false],
    ['exit 3', false],
  ])('%s says %s', async (script, expected) => {
    const { service } = await environmentWith(application(sh(script)));
    expect(await service.isRunning()).toBe(expected);
  });

  test.each(['exit 2', 'exit 4', 'exit 127', 'kill -9 $$'])(
    '%s is no answer: a question that failed never counts as stopped',
    async (script) => {
      const { service } = await environmentWith(application(sh(script)));
      await expect(service.isRunning()).rejects.toMatchObject({ reason: 'unavailable' });
    },
  );
});

describe('commands of the configuration', () => {
  test('run in the programme’s folder; what they print on either stream is kept with the step', async () => {
    const { service } = await environmentWith(
      application(sh('true'), sh('pwd; echo to the error stream >&2')),
    );
    const said: string[] = [];
    await service.start({ output: (text) => said.push(String(text)) });
    expect(said.join('')).toContain(folder);
    expect(said.join('')).toContain('to the error stream');
  });

  test('fail with their exit code and their last words', async () => {
    const { service } = await environmentWith(application(sh('true'), sh('echo no such unit >&2; exit 5')));
    await expect(service.start()).rejects.toMatchObject({
      reason: 'exit-code',
      message: 'sh exited with 5: no such unit',
    });
  });

  test('are ended when the step is stopped', async () => {
    const { service } = await environmentWith(application(sh('true'), sh('sleep 60')));
    const stop = new AbortController();
    const starting = service.start({ signal: stop.signal });
    stop.abort();
    await expect(starting).rejects.toMatchObject({ reason: 'cancelled' });
  });

  test('are missed only by the step that needs them, which says what to add', async () => {
    const environment = await environmentWith({});
    await expect(environment.service.stop()).rejects.toMatchObject({
      message: 'environment production declares no application',
      hint: expect.stringContaining('`application`') as string,
    });
    expect(() => environment.wal).toThrow('declares no stream of its write-ahead log');
    expect(() => environment.signer).toThrow('declares no key to sign backups with');
    await expect(environment.postgres.locate('side')).rejects.toThrow('no place for restored clusters');
    expect(environment.trusted.size).toBe(0);
  });
});

describe('where clients are sent', () => {
  const traffic = (target: string, change = 'true') => ({
    traffic: { switch: ['sh', '-c', change, 'switch'], target: sh(target) },
  });

  test('host and port are the last two arguments of the switch', async () => {
    const file = join(folder, 'sent');
    const { traffic: port, location } = await environmentWith(
      traffic('echo 127.0.0.1 5999', `echo "$1 $2" > ${file}`),
    );
    await port.switchTo(location);
    expect(readFileSync(file, 'utf8')).toBe('127.0.0.1 5999\n');
    expect(await port.target()).toEqual(location);
  });

  test('a place that is no cluster of the environment is refused, and nonsense is no answer', async () => {
    const elsewhere = await environmentWith(traffic('echo 10.0.0.9 5432'));
    await expect(elsewhere.postgres.current()).rejects.toMatchObject({ reason: 'refused' });
    const nonsense = await environmentWith(traffic('echo nobody knows'));
    await expect(nonsense.postgres.current()).rejects.toMatchObject({ reason: 'unavailable' });
  });

  test('without a switch it is the declared database, and nothing else can be reached', async () => {
    const { traffic: port, location } = await environmentWith({});
    expect(await port.target()).toEqual(location);
    await expect(port.switchTo({ ...location, port: 6000 })).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

describe('what cannot be meant is refused when it is read', () => {
  test('a fingerprint of another address than the database', async () => {
    const fingerprint = { systemIdentifier: '7412345678901234567', host: '127.0.0.1', port: 5432 };
    await expect(readDeclared('production', { ...base, fingerprint }, folder)).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('names two targets') as string,
    });
  });

  test('a signing key that others can read', async () => {
    const keyFile = join(folder, 'key.pem');
    const { generateSigningKey } = await import('../../../src/backup/index.js');
    writeFileSync(keyFile, generateSigningKey().privateKey);
    chmodSync(keyFile, 0o644);
    const environment = await environmentWith({ signing: { keyFile, trustFiles: [] } });
    expect(() => environment.signer).toThrow('can be read by others');
    chmodSync(keyFile, 0o600);
    expect(environment.trusted.has(environment.signer.keyId)).toBe(true);
  });
});
