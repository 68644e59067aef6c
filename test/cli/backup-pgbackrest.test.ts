import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  connectTo,
  findTools,
  freePort,
  killCluster,
  makeOwnedDirectory,
  startCluster,
  stopCluster,
} from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { eventually } from '../lab/lab-fixture.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
let configFile: string;

beforeAll(async () => {
  programme = await makeBackupProgramme();
  const { primary, ground } = programme;
  const { account } = primary;
  for (const name of ['repo', 'rest-log', 'rest-lock']) await makeOwnedDirectory(programme.at(name), account);
  configFile = programme.at('pgbackrest.conf');
  writeFileSync(
    configFile,
    `[global]
repo1-path=${programme.at('repo')}
log-path=${programme.at('rest-log')}
lock-path=${programme.at('rest-lock')}
log-level-file=off
archive-timeout=20
[rides]
pg1-path=${primary.dataDirectory}
pg1-port=${primary.port}
pg1-user=${primary.user}
`,
    { mode: 0o600 },
  );
  if (account) chownSync(configFile, account.uid, account.gid);
  await ground.withSession(primary, async (session) => {
    await session.query(`alter system set archive_mode = 'on'`);
    await session.query(
      `alter system set archive_command = 'pgbackrest --stanza=rides --config=${configFile} archive-push %p'`,
    );
  });
  await stopCluster(ground.tools, primary, 'fast');
  await startCluster(ground.tools, primary);
  const made = spawnSync('pgbackrest', ['--stanza=rides', `--config=${configFile}`, 'stanza-create'], {
    env: {
      PATH: process.env['PATH'],
      PGPASSFILE: primary.passfile ?? '',
      PGHOST: primary.host,
      PGDATABASE: 'postgres',
    },
    encoding: 'utf8',
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  expect(made.status, made.stdout + made.stderr).toBe(0);
});
afterAll(async () => programme.remove());

const policies = (more = '') =>
  `  nightly: {way: pgbackrest, store: main, interval: 1d, repository: {stanza: rides, config: ${configFile}}, verify: {rpo: 1h, canary: {table: canary, column: at}}${more}}`;
const sets = async () =>
  (await programme.data('backups'))['sets'] as { id: string; way: string; verified: unknown }[];
const addCanary = async () => {
  const session = await connectTo(programme.primary);
  await session.query('insert into canary select max(id) + 1 from canary').finally(async () => session.end());
};

test('a policy of pgBackRest is backed up and listed from the command line', async () => {
  programme.declare({ policies: policies() });
  await addCanary();
  const taken = await programme.run('backup');
  expectExit(taken, 0);
  const [id = ''] = /\d{4}-[0-9T-]+Z-pgbackrest-[0-9a-f]+/.exec(taken.stdout) ?? [];
  expect(await sets()).toEqual([expect.objectContaining({ id, way: 'pgbackrest', verified: null })]);
});

test('its backup is verified in full, and the list knows it', async () => {
  programme.declare({ policies: policies() });
  const full = await programme.run('verify', '--full');
  expectExit(full, 0);
  expect(full.stdout).toMatch(/: verified · 7\/7 required/);
  expect(await sets()).toEqual([expect.objectContaining({ verified: expect.anything() as object })]);
});

test('its backup is restored into a cluster of its own', async () => {
  programme.declare({ policies: policies() });
  const into = programme.at('side');
  const port = await freePort();
  const location = { ...programme.primary, dataDirectory: into, port, passfile: `${into}.pass` };
  const restored = await programme.run('restore', '--into', into, '--port', String(port));
  try {
    expectExit(restored, 0);
    const session = await connectTo(location);
    const [row] = await session
      .query('select count(*)::int4 as n from bookings')
      .finally(async () => session.end());
    expect(row).toEqual({ n: 2000 });
  } finally {
    if (existsSync(into))
      await stopCluster(await findTools(), location, 'fast').catch(async () => killCluster(location));
  }
});

test('rows come back from its backup by way of a side instance: what is missing, or all of them', async () => {
  programme.declare({ policies: policies() });
  const { ground, primary } = programme;
  const ask = async (text: string) =>
    ground.withSession(primary, async (session) => {
      const [value] = Object.values((await session.query(text))[0] ?? {});
      return typeof value === 'number' ? value : typeof value === 'string' ? value : '';
    });
  const at = String(await ask('select pg_current_wal_insert_lsn()::text'));
  await ask('delete from bookings where id <= 10');
  await ask(`update bookings set rider = 'changed' where id = 11`);
  const segment = String(await ask('select pg_walfile_name(pg_switch_wal())'));
  await eventually(
    'its log in the repository',
    async () => String(await ask('select last_archived_wal from pg_stat_archiver')) >= segment,
  );
  const args = ['restore', '--table', 'public.bookings', '--to', 'lsn', at, '--force'];
  const missing = await programme.run(...args);
  expectExit(missing, 0);
  expect(missing.stdout).toMatch(/public\.bookings: 10 missing rows put in, 1989 .*, 1 differ .*; 2000 now/);
  const careful = await programme.run(...args, '--rows', 'all');
  expectExit(careful, 5);
  expect(careful.stderr).toContain('--throw-away');
  expect(await ask(`select count(*)::int4 from bookings where rider = 'changed'`)).toBe(1);
  expectExit(await programme.run(...args, '--rows', 'all', '--throw-away'), 0);
  expect(await ask(`select count(*)::int4 from bookings where rider = 'changed'`)).toBe(0);
  expect(await ask('select count(*)::int4 from bookings')).toBe(2000);
});

test('damage in the repository turns the verification red, although the small set itself is whole', async () => {
  programme.declare({ policies: policies() });
  const repo = programme.at('repo/backup/rides');
  const largest = readdirSync(repo, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d+\.gz$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
  const { mode } = statSync(largest);
  chmodSync(largest, 0o600);
  truncateSync(largest, Math.floor(statSync(largest).size / 2));
  chmodSync(largest, mode);
  const ended = await programme.run('verify', '--full');
  expectExit(ended, 1);
  expect(ended.stdout).toMatch(/✗ \d .*: fail/);
  expect(ended.stderr).toContain('NOT verified');
});

test('a stanza, a configuration and a program that are not there: exit 6 with what to type', async () => {
  programme.declare({ policies: policies().replace('stanza: rides', 'stanza: other') });
  const stanza = await programme.run('--quiet', 'backup');
  expectExit(stanza, 6);
  expect(stanza.stderr).toMatch(/stanza other cannot be used.*pgbackrest info/);
  programme.declare({ policies: policies().replace(configFile, '/nonexistent/pgbackrest.conf') });
  const config = await programme.run('--quiet', 'backup');
  expectExit(config, 6);
  expect(config.stderr).toMatch(/\/nonexistent\/pgbackrest\.conf/);
  programme.declare({ policies: policies() });
  const program = await programme.runWith({ PATH: programme.ground.tools.binDirectory }, '--quiet', 'backup');
  expectExit(program, 6);
  expect(program.stderr).toMatch(/no pgbackrest found.*apt-get install pgbackrest/);
});
