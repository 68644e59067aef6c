import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isLabReceiving, labFaults, stopLabWal, trafficTarget } from '../../src/lab/index.js';
import { eventually, processesNaming } from '../lab/lab-fixture.js';
import { database, text, useActionGround } from './action-ground.js';

const ground = useActionGround();
const never = new AbortController().signal;
const to = { to: 'replacement' };
const asked = { lookedAt: '', backup: '' };

describe('a healthy service', () => {
  test('shows none of the signs of a lost server', async () => {
    const { on } = ground;
    expect(await on.act('postgres.server-state')).toMatchObject({
      ok: true,
      dataDirectory: 'present',
      suggestion: 'old-server',
      said: expect.stringMatching(/^the server answers at \S+, its data directory is there$/) as string,
    });
    expect(await on.act('sentinel.acknowledged-write')).toMatchObject({ ok: true });
    expect(await on.ok('service.is-stopped')).toBe(false);
    expect(await on.ok('infrastructure.is-provisioned')).toBe(false);
    expect(await on.ok('service.is-deployed')).toBe(true);
  });

  test('takes a write through the application, which is found in the database', async () => {
    const { on } = ground;
    const { id } = await on.act('service.test-write');
    expect(await on.ok('service.has-test-write', { id: id! })).toBe(true);
    expect(await on.ok('service.has-test-write', { id: '999999999' })).toBe(false);
  });

  test('is said to acknowledge without waiting, until the server waits for the stream', async () => {
    const { on } = ground;
    expect(await on.act('postgres.usable-backup')).toMatchObject({
      promised: false,
      promisedSaid: expect.stringContaining('waited for nobody') as string,
    });
    await on.query(`alter system set synchronous_standby_names = 'firedrill_lab'`);
    await on.query('select pg_reload_conf()');
    await eventually(
      'a server that waits',
      async () => (await on.query(`select 1 from pg_stat_replication where sync_state = 'sync'`)).length > 0,
    );
    const { backup } = await on.act('postgres.backup');
    asked.backup = text(backup);
    expect(await on.act('postgres.usable-backup')).toMatchObject({
      backup: asked.backup,
      promised: true,
      promisedSaid: expect.stringContaining('none may be lost') as string,
    });
    // Some commits that the backup cannot have.
    const first = (await on.acknowledged()).length;
    await eventually('ten more commits', async () => (await on.acknowledged()).length >= first + 10);
  });
});

describe('a lost server', () => {
  test('is seen by its signs, and the newest backup and its log are found without it', async () => {
    const { on } = ground;
    await labFaults.get('lose-server')!.inject(on.lab, { id: 'lost', args: {}, signal: never });
    const state = await on.act('postgres.server-state');
    expect(state).toMatchObject({ ok: false, dataDirectory: 'absent', suggestion: 'rebuild' });
    expect(state['said']).toMatch(/^no answer at \S+, its data directory is gone$/);
    expect(on.said()).toContain('cannot connect to');
    asked.lookedAt = text(state['lookedAt']);
    expect(await on.act('sentinel.acknowledged-write', { timeoutSeconds: 1 })).toMatchObject({ ok: false });
    expect(await on.ok('service.is-stopped')).toBe(true);
    expect(await on.act('postgres.usable-backup')).toMatchObject({
      backup: asked.backup,
      reach: 'not-known',
      promised: true,
    });
    // Nothing is there to be put aside, and nobody pretends that it was.
    expect(await on.refusal('postgres.set-aside')).toBeDefined();
    expect(await on.ok('postgres.is-set-aside')).toBe(false);
  });

  test('gets new machines, once, before anything is put onto them', async () => {
    const { on } = ground;
    expect(await on.refusal('service.deploy')).toMatchObject({ reason: 'unavailable' });
    expect(await on.refusal('service.start')).toMatchObject({ reason: 'unavailable' });
    expect(await on.ok('infrastructure.provision')).toBe(true);
    expect(await on.ok('infrastructure.is-provisioned')).toBe(true);
    const place = (await on.environment.postgres.find('replacement'))!;
    expect(readdirSync(dirname(place.dataDirectory))).toEqual(['token']);
    const lost = trafficTarget(on.lab);
    expect(place.port).not.toBe(lost.port);
    expect(place.socketDirectory).not.toBe(lost.socketDirectory);
    await on.act('infrastructure.provision');
    expect(await on.environment.postgres.find('replacement')).toEqual(place);
  });

  test('comes back elsewhere with every commit that was promised, and the application with it', async () => {
    const { on } = ground;
    const restore = { backup: asked.backup, until: 'latest', into: 'replacement' };
    expect(await on.act('postgres.restore', restore)).toMatchObject({ timeline: 2 });
    expect(await on.ok('service.is-deployed')).toBe(false);
    expect(await on.ok('service.deploy')).toBe(true);
    expect(await on.ok('service.start')).toBe(true);
    expect(await on.act('traffic.switch', to)).toMatchObject({ ok: true });
    await on.acknowledged();
    const { id } = await on.act('service.test-write');
    expect(await on.ok('service.has-test-write', { id: id! })).toBe(true);
    expect(await on.ok('sql.query', { sql: 'select not pg_is_in_recovery()' })).toBe(true);
    expect(await on.ok('postgres.content-matches', { expectation: asked.backup })).toBe(true);
    expect(await on.act('postgres.find-damage', { database })).toMatchObject({ ok: true });
    const there = new Set(await on.canaries());
    expect((await on.acknowledged()).filter((one) => !there.has(one) && one < Math.max(...there))).toEqual(
      [],
    );
  });

  test('is protected again, its log going on in the folder of the lost one', async () => {
    const { on } = ground;
    expect(await on.ok('postgres.is-protected')).toBe(false);
    expect(await on.ok('postgres.protect')).toBe(true);
    const { backup } = await on.act('postgres.backup');
    expect(await on.ok('postgres.backup-exists', { backup: backup! })).toBe(true);
    expect(await on.act('postgres.usable-backup')).toMatchObject({ backup });
  });

  test('has its loss counted with the stream and without it, by a copy of which nothing is left', async () => {
    const { on } = ground;
    const args = { backup: asked.backup, upTo: asked.lookedAt };
    const measured = await on.act('postgres.loss-without-stream', args);
    expect(measured).toMatchObject({ lost: 0, how: 'measured' });
    expect(Number(measured['lostWithout'])).toBeGreaterThanOrEqual(10);
    expect(Number(measured['lostWithout'])).toBeLessThan(Number(measured['acknowledged']));
    expect(measured['said']).toMatch(
      /^With the stream of the log: 0 of \d+ acknowledged commits lost \(measured.*Without it, .*\d+ of \d+ .*\(measured/,
    );
    expect(processesNaming(on.lab.paths.clusters).filter((line) => line.includes('scratch'))).toEqual([]);
    const scratch = readdirSync(on.lab.paths.clusters).filter((name) => name.startsWith('scratch-'));
    for (const name of scratch) expect(readdirSync(`${on.lab.paths.clusters}/${name}`)).toEqual(['token']);

    const computed = await on.act('postgres.loss-without-stream', { ...args, by: 'ledger' });
    expect(computed).toMatchObject({ lost: 0, how: 'computed', acknowledged: measured['acknowledged']! });
    // By the clock the end of the copying is known only about: a second or two of commits either way.
    expect(Number(computed['lostWithout'])).toBeGreaterThan(0);
    expect(Math.abs(Number(computed['lostWithout']) - Number(measured['lostWithout']))).toBeLessThan(60);
    expect(computed['said']).toContain('(computed: commits in the ledger');
  });

  test('has no figure of its loss where nothing was acknowledged, or nobody watched', async () => {
    const { on } = ground;
    const early = { backup: asked.backup, upTo: '2020-01-01T00:00:00.000Z' };
    const none = { acknowledged: null, lost: null, lostWithout: null, how: 'not-measured' };
    expect(await on.act('postgres.loss-without-stream', early)).toMatchObject({
      ...none,
      said: expect.stringContaining('saw no commit acknowledged') as string,
    });
    const unwatched = { ...on.environment, sentinel: null };
    expect(await on.act('postgres.loss-without-stream', early, never, unwatched)).toMatchObject({
      ...none,
      said: expect.stringContaining('no outside observer') as string,
    });
  });
});

describe('a server that is lost while nothing receives its log', () => {
  test('comes back without its last commits, and exactly those are counted', async () => {
    const { on } = ground;
    const { backup } = await on.act('postgres.usable-backup');
    await stopLabWal(on.lab);
    expect(await isLabReceiving(on.lab)).toBe(false);
    const before = (await on.acknowledged()).length;
    await eventually(
      'ten commits that nobody receives',
      async () => (await on.acknowledged()).length >= before + 10,
    );
    const lost = trafficTarget(on.lab);
    await labFaults
      .get('lose-server')!
      .inject(on.lab, { id: 'again', args: { application: false }, signal: never });
    expect(existsSync(lost.dataDirectory)).toBe(false);
    const { lookedAt } = await on.act('postgres.server-state');
    const acknowledged = on.commits().filter((one) => one.at <= text(lookedAt));

    await on.act('postgres.restore', { backup: backup!, into: 'side' });
    const side = (await on.environment.postgres.find('side'))!;
    const there = new Set(
      (await on.query('select id from firedrill.canary', side)).map((row) => Number(row['id'])),
    );
    const missing = acknowledged.filter((one) => !there.has(one.id));
    expect(missing.length).toBeGreaterThanOrEqual(10);
    on.lab.update((state) => ({ ...state, names: { ...state.names, replacement: side.dataDirectory } }));
    await on.act('traffic.switch', to);
    const counted = await on.act('postgres.loss-without-stream', { backup: backup!, upTo: lookedAt! });
    expect(counted).toMatchObject({ acknowledged: acknowledged.length, lost: missing.length });
    expect(Number(counted['lostWithout'])).toBeGreaterThanOrEqual(missing.length);
  });
});
