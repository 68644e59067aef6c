import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRansomTruth } from '../../src/damage/index.js';
import { labFaults, servedCluster } from '../../src/lab/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { database, text, useActionGround } from './action-ground.js';

const ground = useActionGround({ immutable: true });
const never = new AbortController().signal;
let since = '';
let identity = '';
let backup = '';

describe('recovery from ransomware, with malware in the backup', () => {
  test('a healthy lab shows none of the signs, and none of the checks is true beforehand', async () => {
    const { on } = ground;
    const healthy = await on.act('files.entropy');
    expect(healthy).toMatchObject({ ok: true, encryptedCount: 0, since: null, strangers: [] });
    expect(healthy['growth']).toBeGreaterThan(0.2);
    expect(healthy['growth']).toBeLessThan(2);
    for (const check of [
      'traffic.is-closed',
      'store.writer-revoked',
      'store.writer-renewed',
      'store.privilege-shown',
      'keys.are-here',
    ])
      expect([check, await on.ok(check)]).toEqual([check, false]);
    expect(await on.ok('secrets.are-rotated', { cluster: 'primary' })).toBe(false);
  });

  test('says what is encrypted, since when, and that a backup would be many times as large', async () => {
    const { on } = ground;
    const fault = labFaults.get('ransomware')!;
    const { proof } = await fault.inject(on.lab, { id: 'f', args: { implant: true }, signal: never });
    expect(proof).toMatchObject({ denied: 11, lostVersions: [] });
    const found = await on.act('files.entropy', { report: true });
    expect(found).toMatchObject({ ok: false, strangers: ['READ-ME-TO-GET-YOUR-FILES-BACK.txt'] });
    // What the server held in memory it has written back over the noise meanwhile.
    expect(found['encryptedCount']).toBeGreaterThan(Number(proof['encryptedFiles']) * 0.95);
    expect(found['growth']).toBeGreaterThan(3);
    since = text(found['since']);
    // The very moment, as far as the files tell it.
    const truth = readRansomTruth(join(on.lab.paths.faults, 'f.json'))!;
    const lateMs = Date.parse(since) - Date.parse(truth.encrypted!.firstByteAt);
    expect(lateMs).toBeGreaterThanOrEqual(-20);
    expect(lateMs).toBeLessThan(2000);
  });

  test('isolates: nobody is sent to the database, and the stolen keys open nothing any more', async () => {
    const { on } = ground;
    await on.act('service.stop');
    expect(await on.ok('traffic.close')).toBe(true);
    expect(await on.ok('traffic.is-closed')).toBe(true);
    expect(await on.act('traffic.points-to', { to: 'replacement' })).toEqual({ ok: false, port: null });
    expect(await on.ok('store.revoke-writer')).toBe(true);
    expect(await on.ok('store.writer-revoked')).toBe(true);
    expect(await on.environment.immutable!.isShipping()).toBe(false);
    // Still the database in question, for whoever keeps its evidence.
    expect(await on.ok('postgres.keep-log')).toBe(true);
  });

  test('shows that every version is there, and which were put over', async () => {
    const { on } = ground;
    const report = await on.act('store.versions-intact', { since });
    expect(report).toMatchObject({ ok: true, covered: 1, hidden: 0, locked: true });
    expect(report['sets']).toHaveLength(1);
    const before = await on.refusal('store.versions-intact', { since: '2001-01-01T00:00:00.000Z' });
    expect(before).toMatchObject({ reason: 'check' });
  });

  test('restores from the immutable copy with the key from escrow alone, and leaves nothing open', async () => {
    const { on } = ground;
    await on.act('postgres.set-aside');
    const chosen = await on.act('postgres.usable-backup', { from: 'immutable', before: since });
    backup = text(chosen['backup']);
    expect(text(chosen['encryption'])).toContain('escrow');
    const restore = { backup, from: 'immutable', before: since, until: 'latest', into: 'replacement' };
    const refused = await on.refusal('postgres.restore', restore);
    expect(refused.message).toContain('no identity file was given');

    identity = text((await on.act('keys.from-escrow'))['identity']);
    expect(await on.ok('keys.are-here')).toBe(true);
    expect(statSync(identity).mode & 0o777).toBe(0o600);
    expect(await on.act('postgres.restore', { ...restore, identity })).toMatchObject({ backup, timeline: 2 });
    const into = (await on.environment.postgres.find('replacement'))!;
    expect(readdirSync(dirname(into.dataDirectory)).sort()).toEqual(['data', 'token']);
    expect(await on.ok('postgres.restored-from', { backup, cluster: 'replacement' })).toBe(true);
    // Nothing came from the host: its own copies are gone.
    expect(readdirSync(on.lab.paths.backups)).toEqual([]);
  });

  test('finds the way back in that was left inside the backup, and nothing once it is gone', async () => {
    const { on } = ground;
    const compare = { cluster: 'replacement', backup, before: since, identity };
    const found = await on.refusal('postgres.compare-code', compare);
    expect(found.reason).toBe('check');
    for (const name of [
      'roles maintenance_svc was not there',
      'role settings maintenance_svc',
      'keep_statistics',
    ])
      expect(on.said()).toContain(name);
    const into = (await on.environment.postgres.find('replacement'))!;
    await on.query('drop event trigger keep_statistics', into);
    await on.query('drop function public.refresh_statistics()', into);
    await on.query('drop role maintenance_svc', into);
    expect(await on.act('postgres.compare-code', compare)).toMatchObject({ ok: true, libraries: 'none' });
    await on.query(`alter system set session_preload_libraries = 'auto_explain'`, into);
    await on.query('select pg_reload_conf()', into);
    await eventually('the library, named', async () => {
      const { libraries } = await on.act('postgres.compare-code', compare);
      return libraries === 'auto_explain';
    });
    await on.query('alter system reset session_preload_libraries', into);
    await on.query('select pg_reload_conf()', into);
  });

  test('changes every password and key, and proves that the new keys remove nothing', async () => {
    const { on } = ground;
    expect(await on.act('secrets.rotate', { cluster: 'replacement' })).toMatchObject({
      ok: true,
      roles: ['ride_app', 'firedrill_sentinel', 'postgres'],
    });
    expect(await on.ok('secrets.are-rotated', { cluster: 'replacement' })).toBe(true);
    expect(await on.ok('store.renew-writer')).toBe(true);
    expect(await on.ok('store.writer-renewed')).toBe(true);
    expect(await on.ok('store.writer-revoked')).toBe(true);
    expect(await on.ok('store.privilege-shown')).toBe(false);
    expect(await on.ok('store.writer-privilege')).toBe(true);
    expect(await on.ok('store.privilege-shown')).toBe(true);
  });

  test('clients come back, and the new primary is protected outside under a new prefix', async () => {
    const { on } = ground;
    expect(await on.ok('traffic.switch', { to: 'replacement' })).toBe(true);
    await on.act('service.start');
    await on.acknowledged();
    expect(await on.act('postgres.find-damage', { database })).toMatchObject({ ok: true });
    expect(await on.ok('postgres.content-matches', { from: 'immutable', before: since })).toBe(true);
    expect(await on.ok('files.entropy')).toBe(true);

    expect(await on.ok('postgres.protect')).toBe(true);
    const { backup: fresh } = await on.act('postgres.backup');
    await on.act('store.copy', { backup: fresh!, to: 'immutable' });
    expect(await on.ok('store.has', { store: 'immutable', backup: fresh! })).toBe(true);
    expect(await on.ok('store.log-is-shipped')).toBe(false);
    expect(await on.ok('store.ship-log')).toBe(true);
    expect(await on.ok('store.log-is-shipped')).toBe(true);
    expect(await on.ok('keys.give-back')).toBe(true);
    expect(await on.ok('keys.are-gone')).toBe(true);
    expect(existsSync(identity)).toBe(false);
    expect(servedCluster(on.lab).dataDirectory).toContain('replacement');
    expect(on.environment.immutable!.writer.open().describe).toContain('/copy-2');
  });

  test('the regulator’s time ends 72 hours after knowledge', async () => {
    const { on } = ground;
    const knownAt = new Date().toISOString();
    const clock = await on.act('privacy.start-clock', {
      regulator: 'National Privacy Commission',
      hours: 72,
      knownAt,
    });
    expect(Date.parse(text(clock['dueAt'])) - Date.parse(knownAt)).toBe(72 * 3_600_000);
    expect(await on.ok('privacy.clock-runs', { dueAt: clock['dueAt']! })).toBe(true);
    expect(await on.ok('privacy.clock-runs', { dueAt: '2001-01-01T00:00:00.000Z' })).toBe(false);
  });
});
