import {
  appendFileSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../src/base/index.js';
import {
  clusterState,
  freezeCluster,
  readFingerprint,
  type ClusterLocation,
} from '../../../src/postgres/index.js';
import { eventually } from '../../lab/lab-fixture.js';
import { openActing, type Acting } from './acting.js';
import { firedrill } from './live-run.js';
import { makeTwoRegions, type TwoRegions } from './two-regions.js';

const standby = { cluster: 'standby' };
let ground: TwoRegions;
/** As declared; without a third place; without a fence. Opened while the primary answers, which is quicker. */
let on: Acting;
let onePlace: Acting;
let noFence: Acting;
beforeAll(async () => {
  ground = await makeTwoRegions();
  on = await open();
  onePlace = await openActing(ground.at('.'), without('thirdPlace'), 'one-place');
  // Nothing says then that its server listens elsewhere: so nothing is said of its files.
  const { dataDirectory, ...database } = declared()['database'] as JsonObject;
  expect(dataDirectory).toBe(ground.a.dataDirectory);
  noFence = await openActing(ground.at('.'), { ...without('fence'), database }, 'no-fence');
});
afterAll(async () => {
  await ground.remove();
});

/** The declared environment as a plan has it, with some of it changed. */
function declared(changes: JsonObject = {}): JsonObject {
  const file = parse(readFileSync(join(ground.programme, 'firedrill.yaml'), 'utf8')) as {
    environments: { production: JsonObject };
    stores: JsonObject;
  };
  const { production } = file.environments;
  const database = { ...(production['database'] as JsonObject), dataDirectory: ground.a.dataDirectory };
  return { ...production, database, stores: file.stores, ...changes };
}
const open = (changes?: JsonObject, runId?: string) => openActing(ground.at('.'), declared(changes), runId);
const withFingerprint = (systemIdentifier: string, more: JsonObject = {}) =>
  declared({ ...more, fingerprint: { ...(declared()['fingerprint'] as JsonObject), systemIdentifier } });

const without = (key: string): JsonObject =>
  Object.fromEntries(Object.entries(declared()).filter(([name]) => name !== key));

/** Nobody has promoted it. */
const inRecovery = async (location: ClusterLocation) => (await readFingerprint(location)).inRecovery;

/** Once its files are gone: the next attempt, in another session, must not take the other region’s for its own. */
async function losesNothingOfItsOwn(
  here: Acting,
  resume: () => Promise<Acting>,
  args: JsonObject,
): Promise<JsonObject> {
  const { a, b } = ground;
  const inA = (name: string) => join(a.dataDirectory, name);
  const own: Record<string, string> = {
    'conf.d/10-mine.conf': `work_mem = '5MB'\n`,
    'server.key': 'the key of region A\n',
    'tls/a.crt': 'the certificate of region A\n',
  };
  for (const folder of [inA('conf.d'), inA('tls'), join(b.dataDirectory, 'conf.d')]) mkdirSync(folder);
  for (const [name, text] of Object.entries(own)) writeFileSync(inA(name), text, { mode: 0o600 });
  appendFileSync(inA('postgresql.conf'), `include_dir 'conf.d'\nssl_cert_file = 'tls/a.crt'\n`);
  writeFileSync(join(b.dataDirectory, 'conf.d/20-theirs.conf'), `work_mem = '9MB'\n`);
  if (a.account !== null)
    for (const one of ['conf.d', 'tls', ...Object.keys(own)])
      chownSync(inA(one), a.account.uid, a.account.gid);
  if (b.account !== null)
    for (const one of ['conf.d', 'conf.d/20-theirs.conf'])
      chownSync(join(b.dataDirectory, one), b.account.uid, b.account.gid);

  const rules = join(b.dataDirectory, 'pg_hba.conf');
  const letsIn = readFileSync(rules, 'utf8');
  const put = async (text: string) => {
    writeFileSync(rules, text);
    await ground.ground.withSession(b, (session) => session.query('select pg_reload_conf()'));
  };
  await put(`host replication all all reject\nlocal replication all reject\n${letsIn}`);
  expect(await here.refusal('postgres.rebuild-standby', args)).toMatchObject({ reason: 'exit-code' });
  expect(readdirSync(a.dataDirectory)).toEqual([]);
  await put(letsIn);
  const kept = () => readdirSync(ground.at('.')).filter((name) => name.endsWith('-former-primary.json'));
  expect(kept()).toHaveLength(1);
  expect(statSync(ground.at(kept()[0]!)).mode & 0o077).toBe(0);

  const done = await (await resume()).act('postgres.rebuild-standby', args);
  for (const [name, text] of Object.entries(own)) expect(readFileSync(inA(name), 'utf8')).toBe(text);
  expect(readdirSync(inA('conf.d'))).toEqual(['10-mine.conf']);
  expect(kept()).toEqual([]);
  return done;
}

/** With the rights that pg_rewind itself needs, and no more. */
async function stopsNothingWithoutCheckpoint(standbyAlone: JsonObject): Promise<void> {
  const { a, b, ground: outer } = ground;
  await outer.withSession(b, async (session) => {
    await session.query(`create role rewinder login replication password 'only-to-rewind'`);
    for (const what of [
      'pg_ls_dir(text, boolean, boolean)',
      'pg_stat_file(text, boolean)',
      'pg_read_binary_file(text)',
      'pg_read_binary_file(text, bigint, bigint, boolean)',
    ])
      await session.query(`grant execute on function ${what} to rewinder`);
  });
  const passfile = ground.at('rewinder.pass');
  writeFileSync(passfile, '*:*:*:rewinder:only-to-rewind\n', { mode: 0o600 });
  const here = await open({ standby: { ...standbyAlone, user: 'rewinder', passfile } });
  const failure = await here.refusal('postgres.rebuild-standby', { cluster: 'primary' });
  expect(failure).toMatchObject({ reason: 'refused' });
  expect(failure.message).toContain(`rewinder may make no checkpoint on 127.0.0.1:${b.port}`);
  expect(failure.hint).toContain('GRANT pg_checkpoint TO "rewinder"');
  expect(await clusterState(a)).toBe('running');
  expect(readdirSync(ground.at('.')).join()).not.toContain('former-primary');
}

describe('a declared environment with a standby elsewhere', () => {
  test('shows in the plan of the shipped runbook the very commands, and the key of each that is missing', async () => {
    const plan = async () => {
      const run = firedrill(ground.programme, [
        ...['plan', 'runbooks/datacenter-outage.yaml', '--environment', 'production'],
      ]);
      expect(await run.ended, run.text()).toBe(0);
      return run.text();
    };
    const whole = await plan();
    expect(whole).toMatch(/gate\.sh close \/\S+/);
    expect(whole).toMatch(/gate\.sh is-closed/);
    expect(whole).toMatch(/region-a\.mjs \S+ rebuild '?<host>'? '?<port>'?/);
    expect(whole).toContain(`on 127.0.0.1:${ground.b.port}: compare its fingerprint`);
    expect(whole).toMatch(new RegExp(`service/traffic 127\\.0\\.0\\.1 ${ground.b.port}`));
    expect(whole).not.toMatch(/<the environment’s command|by hand: no/);
    ground.declare({ without: ['fence', 'application'] });
    const less = await plan();
    ground.declare();
    expect(less).toContain('by hand: no `fence.close` under `environments.production` in firedrill.yaml');
    expect(less).toContain(
      'by hand: no `application.start` under `environments.production` in firedrill.yaml',
    );
    expect(less).toContain('2 regions, and no `fence`');
  });

  test('is looked at from two places while all is well, and the probe leaves no row', async () => {
    expect(await on.act('region.probe')).toMatchObject({ ok: true, verdict: 'up', thirdAnswers: true });
    expect(await on.act('postgres.standby-reach', standby)).toMatchObject({ ok: true });
    expect(await on.act('region.is-fenced')).toMatchObject({ ok: false, awake: true });
    const rows = await ground.ground.withSession(ground.a, (session) =>
      session.query('select count(*)::int as n from firedrill.canary'),
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  test('from one place alone a region is never called lost', async () => {
    await freezeCluster(ground.a);
    expect(await onePlace.act('region.probe', { timeoutSeconds: 0.5 })).toMatchObject({
      ...{ verdict: 'one-place', suggestion: 'stay', thirdAnswers: null },
    });
    expect(await on.act('region.probe', { timeoutSeconds: 0.5 })).toMatchObject({
      ...{ verdict: 'region-down', suggestion: 'fail-over', thirdAnswers: false },
    });
  });

  test('refuses to promote without a proven fence, says why, and changes nothing', async () => {
    const failure = await on.refusal('postgres.promote', standby);
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain('the old primary is not shown to be fenced: the fence is not shut');
    const other = await noFence.refusal('postgres.promote', standby);
    expect(other).toMatchObject({ reason: 'refused' });
    expect((await noFence.refusal('region.fence')).hint).toContain('`fence`, with `isClosed` and `close`');
    expect(await inRecovery(ground.b)).toBe(true);
  });

  test('shuts the frozen region off by its own command, and proves it at the old address', async () => {
    expect(await on.act('region.fence', { why: 'given up' })).toMatchObject({ ok: true, epoch: null });
    expect(on.said()).toContain('shut by production: given up');
    expect(await on.act('region.is-fenced')).toMatchObject({ ok: true, awake: false });
    expect(await on.act('traffic.is-closed')).toMatchObject({ ok: true });
    expect(on.environment.store.directory).toBe(ground.at('store-b'));
  });

  test('refuses to promote what is not the declared standby, or not the server that was recorded', async () => {
    const stranger = await ground.ground.cluster('stranger');
    const elsewhere = { ...(declared()['standby'] as JsonObject), port: stranger.port };
    const wrong = await open(
      { standby: { ...elsewhere, passfile: stranger.passfile!, dataDirectory: stranger.dataDirectory } },
      'stranger',
    );
    const failure = await wrong.refusal('postgres.promote', standby);
    expect(failure.message).toMatch(/^refused to promote it: system identifier is \d+, declared \d+/);
    const { systemIdentifier } = await readFingerprint(stranger);
    await expect(
      openActing(ground.at('.'), withFingerprint(systemIdentifier), 'other-system').then((on) =>
        on.act('postgres.promote', standby),
      ),
    ).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('system identifier') as string,
    });
    expect(await inRecovery(ground.b)).toBe(true);
  });

  test('promotes it once the fence holds, and goes on there', async () => {
    expect(await on.act('postgres.promote', standby)).toMatchObject({ ok: true, timeline: 2, fenced: true });
    expect(await on.refusal('region.unfence')).toMatchObject({ reason: 'refused' });
    expect(await on.act('traffic.switch', { to: 'standby' })).toMatchObject({ ok: true });
    expect(await on.environment.postgres.current()).toMatchObject({ port: ground.b.port });
    expect(await on.act('postgres.content-matches')).toMatchObject({ ok: true });
  });

  test('a woken region is refused at its old address, before and after a restart', async () => {
    expect(await on.act('region.wake-and-write')).toMatchObject({ ok: true, takesWrites: true, timeline: 1 });
    expect(await on.act('region.is-fenced', { awake: true })).toMatchObject({ ok: true, awake: true });
  });

  test('is taken up again by another session where this one stopped', async () => {
    const again = await open();
    expect(await again.act('postgres.is-primary', standby)).toMatchObject({ ok: true, timeline: 2 });
    expect(again.environment.store.directory).toBe(ground.at('store-b'));
    expect(await again.refusal('postgres.promote', standby)).toMatchObject({ reason: 'refused' });
  });

  test('a former primary whose files are on this machine, and that went its own way, is rewound', async () => {
    const { ground: outer, a, b } = ground;
    await outer.withSession(a, (session) =>
      session.query(`insert into bookings values (900001, 'written in A alone')`),
    );
    await outer.withSession(b, (session) =>
      session.query(`insert into bookings values (900002, 'written in B')`),
    );
    const { rebuild, ...standbyAlone } = declared()['standby'] as JsonObject;
    expect(rebuild).toContain('rebuild');
    const here = await open({ standby: standbyAlone });
    const settings = join(a.dataDirectory, 'pg_hba.conf');
    appendFileSync(settings, '# written in region A\n');
    const before = readFileSync(settings, 'utf8');
    const primary = { cluster: 'primary' };
    expect(await here.act('postgres.is-standby', primary)).toMatchObject({ ok: false });
    await stopsNothingWithoutCheckpoint(standbyAlone);
    expect(await here.act('postgres.rebuild-standby', primary)).toMatchObject({
      ...{ ok: true, way: 'rewound', why: null },
    });
    expect(await here.act('postgres.is-standby', primary)).toMatchObject({ ok: true });
    const rows = await eventually('what was written in B', async () => {
      const found = await outer.withSession(a, (session) =>
        session.query('select id from bookings where id > 900000'),
      );
      return found.length > 0 && found;
    });
    expect(rows).toEqual([{ id: 900002 }]);
    expect(await inRecovery(a)).toBe(true);
    // It listens where it did, with its own settings, and not at the address that the fence keeps shut.
    expect(readFileSync(settings, 'utf8')).toBe(before);
    expect(await on.act('region.is-fenced', { awake: true })).toMatchObject({ ok: true, awake: true });

    // The same run knows it again, whether it is rewound or copied.
    await outer.withSession(a, (session) => session.query('select pg_promote(true, 60)'));
    const whole = await losesNothingOfItsOwn(here, async () => open({ standby: standbyAlone }), {
      ...primary,
      copy: true,
    });
    expect(whole).toMatchObject({ ok: true, way: 'copied', why: 'asked for' });
    expect(readFileSync(settings, 'utf8')).toBe(before);
    await here.environment.postgres.guard('look', (await here.environment.postgres.find('primary'))!);
    expect(await open().then((again) => again.act('postgres.is-standby', primary))).toMatchObject({
      ok: true,
    });
  });

  test('the woken region becomes a standby of the new primary by its own command', async () => {
    await ground.ground.withSession(ground.a, (session) => session.query('select pg_promote(true, 60)'));
    expect(await on.act('postgres.is-standby', { cluster: 'primary' })).toMatchObject({ ok: false });
    expect(await on.act('postgres.rebuild-standby', { cluster: 'primary' })).toMatchObject({
      ...{ ok: true, way: 'by the environment’s command' },
    });
    expect(await inRecovery(ground.a)).toBe(true);
    expect(await clusterState(ground.a)).toBe('running');
  });
});
