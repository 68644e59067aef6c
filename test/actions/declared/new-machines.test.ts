import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
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
import { findTools } from '../../../src/postgres/index.js';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fd-machines-')));
  mkdirSync(join(folder, 'work'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const sh = (script: string) => ['sh', '-c', script];

async function environmentWith(declared: JsonObject): Promise<Environment> {
  const base: JsonObject = {
    kind: 'declared',
    database: { host: '127.0.0.1', port: 5999, name: 'rides', user: 'admin', dataDirectory: '/srv/pg/data' },
    fingerprint: { systemIdentifier: '7412345678901234567', host: '127.0.0.1', port: 5999 },
    store: 'main',
    stores: { main: { kind: 'local', directory: 'backups' } },
    policy: { staticTables: [], appendOnly: {} },
    workDirectory: join(folder, 'work'),
  };
  const settings = await readDeclared('production', { ...base, ...declared }, folder);
  const state = stateFile(join(folder, 'state.json'));
  await state.write({
    ...{ v: 1, environment: 'production', openedAt: '2027-01-17T01:02:03.000Z' },
    ...{ clusters: [], names: {} },
  });
  return declaredEnvironment({
    ...{ settings, runId: 'r', state, tools: await findTools(), values: {}, sentinel: null },
    ...{ channels: new Map(), outbox: join(folder, 'outbox'), moved: () => undefined },
    passwords: { formerFolder: '/nowhere', own: [], learn: () => undefined },
  });
}

const application = (more: JsonObject) => ({
  application: { health: 'http://127.0.0.1:1/health', start: ['a'], stop: ['b'], isRunning: ['c'], ...more },
});

describe('new machines', () => {
  test('are made by the command of the configuration, and get a place for the cluster', async () => {
    const made = join(folder, 'made');
    const { infrastructure, postgres } = await environmentWith({
      infrastructure: {
        provision: sh(`touch '${made}'; echo two machines are up`),
        isProvisioned: ['test', '-e', made],
      },
    });
    expect(await infrastructure.isProvisioned()).toBe(false);
    const said = await infrastructure.provision();
    expect(said[0]).toBe('two machines are up');
    const place = await postgres.find('replacement');
    expect(said[1]).toContain(place?.dataDirectory);
    expect(readdirSync(join(place!.dataDirectory, '..'))).toEqual(['token']);
    expect(await infrastructure.isProvisioned()).toBe(true);
    await infrastructure.provision();
    expect(await postgres.find('replacement')).toEqual(place);
    rmSync(made);
    expect(await infrastructure.isProvisioned()).toBe(false);
  });

  test('are not there because a command failed, or was not declared', async () => {
    const failing = await environmentWith({
      infrastructure: { provision: sh('echo quota exceeded >&2; exit 7'), isProvisioned: sh('exit 2') },
    });
    await expect(failing.infrastructure.provision()).rejects.toMatchObject({
      reason: 'exit-code',
      message: 'sh exited with 7: quota exceeded',
    });
    expect(await failing.postgres.find('replacement')).toBeNull();
    await expect(failing.infrastructure.isProvisioned()).rejects.toMatchObject({ reason: 'unavailable' });
    const { infrastructure } = await environmentWith({});
    await expect(infrastructure.provision()).rejects.toMatchObject({
      message: 'environment production declares no way to provision machines',
      hint: expect.stringContaining('`infrastructure`') as string,
    });
  });
});

describe('an application on a new host', () => {
  test('is deployed, and written through, by the commands of the configuration', async () => {
    const at = join(folder, 'release');
    const { service } = await environmentWith(
      application({
        deploy: { run: ['touch', at], isDone: ['test', '-e', at] },
        testWrite: { make: sh('echo booking; echo 4711'), find: sh('test "$0" = 4711') },
      }),
    );
    expect(await service.isDeployed()).toBe(false);
    await service.deploy();
    expect(await service.isDeployed()).toBe(true);
    expect(await service.writeOnce()).toBe('4711');
    expect(await service.hasWritten('4711')).toBe(true);
    expect(await service.hasWritten('4712')).toBe(false);
  });

  test('is not said to have been written through when no id came back, or nothing is declared', async () => {
    const silent = await environmentWith(application({ testWrite: { make: sh('true'), find: sh('true') } }));
    await expect(silent.service.writeOnce()).rejects.toMatchObject({ reason: 'unavailable' });
    const { service } = await environmentWith(application({}));
    await expect(service.writeOnce()).rejects.toMatchObject({
      hint: expect.stringContaining('`application.testWrite`') as string,
    });
    await expect(service.deploy()).rejects.toMatchObject({
      hint: expect.stringContaining('`application.deploy`') as string,
    });
    await expect(service.isDeployed()).rejects.toMatchObject({ reason: 'unavailable' });
  });
});
