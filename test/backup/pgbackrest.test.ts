import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareStructures,
  findPgbackrest,
  generateSigningKey,
  inFolder,
  listBackups,
  listRepository,
  openRepository,
  readStructure,
  requireKind,
  restoreRepository,
  signerFrom,
  takeRepositoryBackup,
  trustedKeys,
  type RecoveryUntil,
  type Repository,
  type RepositoryBackupType,
  type RepositoryManifest,
  type StagedSet,
} from '../../src/backup/index.js';
import {
  hashTables,
  makeOwnedDirectory,
  readFingerprint,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

const key = generateSigningKey();
const signer = signerFrom(key.privateKey);
const trusted = trustedKeys(key.publicKey);
const policy = { staticTables: ['cities'], appendOnly: { canary: 'id' } };

describe('backups in a repository of pgBackRest', () => {
  let ground: Ground;
  let primary: ClusterLocation;
  let store: LocalStore;
  let repository: Repository;
  let configFile: string;
  const repoPath = () => join(ground.directory, 'repo');

  beforeAll(async () => {
    ground = await openGround();
    const rest = await findPgbackrest();
    configFile = join(ground.directory, 'pgbackrest.conf');
    primary = await ground.cluster('primary', {
      archive_mode: 'on',
      archive_command: `${rest.path} --stanza=main --config=${configFile} archive-push %p`,
    });
    const { account } = primary;
    for (const name of ['repo', 'rest-log', 'rest-lock', 'far'])
      await makeOwnedDirectory(join(ground.directory, name), account);
    await writeFile(
      configFile,
      `[global]
repo1-path=${repoPath()}
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=only-in-this-file
log-path=${join(ground.directory, 'rest-log')}
lock-path=${join(ground.directory, 'rest-lock')}
log-level-file=off
compress-type=zst
archive-timeout=20
job-retry=0
[main]
pg1-path=${primary.dataDirectory}
pg1-port=${primary.port}
pg1-user=${primary.user}
`,
    );
    await chmod(configFile, 0o600);
    if (account) await chown(configFile, account.uid, account.gid);
    await ground.withSession(primary, async (session) =>
      session.query(`
        create table cities(id int primary key, name text not null);
        insert into cities select i, 'city ' || i from generate_series(1, 5000) i;
        create table canary(id bigint primary key, at timestamptz not null default clock_timestamp());
        insert into canary select generate_series(1, 100)`),
    );
    await ground.withSession(primary, async (session) =>
      session.query(`create tablespace far location '${join(ground.directory, 'far')}'`),
    );
    await ground.withSession(primary, async (session) =>
      session.query(`create table distant(id int) tablespace far; insert into distant values (1)`),
    );
    const common = { tools: ground.tools, pgbackrest: rest, stanza: 'main', configFile, account };
    expect((await failureOf(openRepository({ ...common, stanza: 'other' }))).message).toContain(
      'stanza other cannot be used',
    );
    run('stanza-create');
    repository = await openRepository(common);
    store = openLocalStore(join(ground.directory, 'store'));
  });
  afterAll(async () => ground.remove());

  /** Calls the tool as an operator would. */
  function run(command: string): { status: number | null; said: string } {
    const { account } = primary;
    const result = spawnSync('pgbackrest', ['--stanza=main', `--config=${configFile}`, command], {
      env: {
        PATH: process.env['PATH'],
        PGPASSFILE: primary.passfile!,
        PGHOST: primary.host,
        PGDATABASE: 'postgres',
      },
      encoding: 'utf8',
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
    return { status: result.status, said: `${result.stdout}${result.stderr}` };
  }

  const take = async (type: RepositoryBackupType) =>
    takeRepositoryBackup({ repository, location: primary, store, source: 'test', policy, signer, type });

  async function newest(): Promise<StagedSet<RepositoryManifest>> {
    const { sets } = await listBackups(store, trusted);
    return inFolder(store, requireKind(sets[0]!, 'pgbackrest'));
  }

  async function restore(name: string, until: RecoveryUntil, pauseAtTarget = false) {
    const into = await ground.place(name);
    const set = await newest();
    const done = await restoreRepository({
      ...{ repository, set, into, until, isolate: true, passwordFrom: primary, pauseAtTarget },
    });
    return { into, done };
  }

  const insert = async (id: number) =>
    ground.withSession(primary, async (session) => session.query('insert into canary values ($1)', [id]));

  it('takes a full and an incremental one, and lists what the repository holds', async () => {
    const full = (await take('full')).manifest;
    await insert(101);
    const { manifest, directory } = await take('incr');
    expect(manifest.repository).toMatchObject({
      stanza: 'main',
      type: 'incr',
      needs: [full.repository.label],
      label: expect.stringMatching(new RegExp(`^${full.repository.label}_.*I$`)) as string,
    });
    expect(readdirSync(directory).sort()).toEqual(['manifest.json', 'structure.json']);
    const { backups, archive, problem, systemIdentifier } = await listRepository(repository);
    expect(problem).toBeNull();
    expect(systemIdentifier).toBe(manifest.server.systemIdentifier);
    expect(backups.map(({ type, damagedPages }) => [type, damagedPages])).toEqual([
      ['full', false],
      ['incr', false],
    ]);
    expect(backups[1]!.repositoryBytes).toBeLessThan(backups[0]!.repositoryBytes);
    expect(archive!.last >= backups[1]!.wal.last).toBe(true);
  });

  it('restores the incremental one to where its expectation was read, equal in structure and content', async () => {
    const { manifest, directory } = await newest();
    expect(manifest.repository.type).toBe('incr');
    const { into } = await restore('exact', { lsn: manifest.wal.expectationLsn }, true);
    for (const [database, { tables }] of Object.entries(manifest.expectation.databases)) {
      const upTo = Object.fromEntries(tables.flatMap((one) => (one.upTo ? [[one.table, one.upTo]] : [])));
      const found = await ground.withSession({ ...into, database }, async (session) =>
        hashTables(
          session,
          tables.map((one) => one.table),
          { upTo },
        ),
      );
      expect(found.map(({ hash, rows }) => ({ hash, rows }))).toEqual(
        tables.map(({ hash, rows }) => ({ hash, rows })),
      );
    }
    const expected = JSON.parse(await readFile(join(directory, 'structure.json'), 'utf8')) as {
      databases: Parameters<typeof compareStructures>[0];
    };
    expect(compareStructures(expected.databases, (await readStructure(into)).databases)).toEqual([]);
  });

  it('recovers to the latest beside the original, with tablespaces of its own, and archives nothing', async () => {
    await insert(102);
    await ground.withSession(primary, async (session) => session.query('select pg_switch_wal()'));
    await expect
      .poll(
        async () =>
          ground.withSession(primary, async (session) => {
            const [row] = await session.query(
              `select last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) as yes from pg_stat_archiver`,
            );
            return row?.['yes'];
          }),
        { timeout: 20_000 },
      )
      .toBe(true);
    const { into, done } = await restore('latest', 'latest');
    expect(done.timeline).toBe(2);
    const rows = await ground.withSession(into, async (session) =>
      session.query(
        `select (select max(id) from canary) as last, (select count(*) from distant) as distant, current_setting('archive_mode') as archive,
                (select pg_tablespace_location(oid) from pg_tablespace where spcname = 'far') as far, pg_switch_wal() is not null as switched`,
      ),
    );
    expect(rows).toMatchObject([{ last: 102, distant: 1, archive: 'off', switched: true }]);
    expect(rows[0]!['far']).toContain(`${into.dataDirectory}.tablespaces/`);
    expect((await readFingerprint(primary)).timeline).toBe(1);
    expect((await listRepository(repository)).archive!.last).toMatch(/^00000001/);
    expect(existsSync(join(into.socketDirectory, 'restore-wal.env'))).toBe(false);
  });

  it('refuses what cannot be reached, and says when a target never was', async () => {
    const set = await newest();
    const into = await ground.place('unreached');
    const request = { repository, set, into, isolate: true, passwordFrom: primary };
    expect((await failureOf(restoreRepository({ ...request, until: { lsn: '0/1' } }))).reason).toBe(
      'refused',
    );
    const never = await failureOf(restoreRepository({ ...request, until: { name: 'no such point' } }));
    expect(never.message).toContain('recovery ended before configured recovery target was reached');
    expect(existsSync(into.dataDirectory)).toBe(false);
    const gone = {
      ...set,
      manifest: { ...set.manifest, repository: { ...set.manifest.repository, label: '20200101-000000F' } },
    };
    expect(
      (await failureOf(restoreRepository({ ...request, set: gone, until: 'latest' }))).message,
    ).toContain('20200101-000000F is missing');
  });

  it('fails on a damaged segment instead of taking it for the end of the archive', async () => {
    const set = await newest();
    const folder = join(repoPath(), 'archive/main/15-1');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const { last } = (await listRepository(repository)).archive!;
    const path = join(
      folder,
      files.find((name) => name.includes(`${last}-`))!,
    );
    const whole = await readFile(path);
    await flip(path);
    const into = await ground.place('damaged-wal');
    const failure = await failureOf(
      restoreRepository({ repository, set, into, isolate: true, passwordFrom: primary, until: 'latest' }),
    );
    expect(failure).toMatchObject({ reason: 'check' });
    expect(failure.message).toMatch(
      new RegExp(
        `restore-wal: ${last}: (pgbackrest archive-get exited with|the bytes in the repository are not those)`,
      ),
    );
    expect(existsSync(into.dataDirectory)).toBe(false);
    await writeFile(path, whole);
  });

  it('is red on a damaged file that pgBackRest’s own verification exits with 0 for', async () => {
    const set = await newest();
    const folder = join(repoPath(), 'backup/main', set.manifest.repository.needs[0]!);
    const largest = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /^\d+\.zst$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    expect(largest.length).toBeGreaterThan(10);
    for (const path of largest.slice(0, 20)) await flip(path);
    const own = run('verify');
    expect(own.status).toBe(0);
    const into = await ground.place('damaged');
    const failure = await failureOf(
      restoreRepository({ repository, set, into, isolate: true, passwordFrom: primary, until: 'latest' }),
    );
    expect(failure.reason).toBe('exit-code');
    expect(failure.message).toMatch(/pgbackrest restore exited with \d+/);
    expect(existsSync(into.dataDirectory)).toBe(false);
  });

  async function flip(path: string): Promise<void> {
    const file = await open(path, 'r+');
    const at = Math.floor((await file.stat()).size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([buffer.readUInt8(0) ^ 0xff]), 0, 1, at);
    await file.close();
  }
});
