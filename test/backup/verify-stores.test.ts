import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  controls,
  copySet,
  findBackup,
  findPgbackrest,
  openRepository,
  proveSet,
  shipWal,
  takeRepositoryBackup,
  verifySet,
  type ListedSet,
  type Repository,
  type Verification,
  type VerifyRequest,
} from '../../src/backup/index.js';
import { makeOwnedDirectory, type ClusterLocation } from '../../src/postgres/index.js';
import { openLocalStore, type Store } from '../../src/store/index.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';
import { policy, signer, trusted, useBackupGround } from './ground.js';

const verdicts = (result: Verification) => result.tests.map(({ verdict }) => verdict).join(' ');

describe('verification of a set in S3, with the log that was shipped there', () => {
  const on = useBackupGround();
  let s3: ObjectStoreGround;
  beforeAll(async () => (s3 = await openObjectStoreGround()));
  afterAll(async () => s3.remove());

  it('reads everything from the store itself, and names versions and locks', async () => {
    const { manifest } = await on.backup();
    const { systemIdentifier, walSegmentBytes } = manifest.server;
    const store = s3.fresh('locked');
    const local = await findBackup(on.store, trusted, manifest.id);
    await copySet({ from: on.store, to: store, set: local });
    await shipWal({
      ...{ walDirectory: on.walDirectory, store, systemIdentifier, segmentBytes: walSegmentBytes },
    });
    const set = await findBackup(store, trusted, manifest.id);
    const scratch = await on.ground.place('scratch');
    const stagingDirectory = join(on.ground.directory, 'staging');
    const request = {
      ...{ tools: on.ground.tools, store: store as Store, set, trusted, scratch, stagingDirectory },
      ...{ passwordFrom: on.primary, freshness: { table: 'canary', timeColumn: 'at', rpoMs: 3_600_000 } },
    };
    const result = await verifySet({ ...request, full: true });
    expect(result.tests.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(verdicts(result)).toBe('pass not-run pass pass pass pass pass pass');
    const [present] = result.tests;
    expect(present!.evidence[0]).toContain('s3://');
    expect(present!.evidence.join('\n')).toMatch(/versions: .*base\.tar/);
    expect(present!.evidence.join('\n')).toMatch(/files locked, at least until \d{4}-/);
    const proof = await proveSet({
      ...request,
      controls: controls.filter(({ test }) => [1, 3, 5].includes(test)),
    });
    expect(proof.controls.filter((one) => !one.caught)).toEqual([]);
    expect(existsSync(stagingDirectory)).toBe(false);
    const unshipped = s3.fresh('plain');
    await copySet({ from: on.store, to: unshipped, set: local });
    const noLog = await verifySet({ ...request, store: unshipped, full: false });
    expect(noLog.tests[2]).toMatchObject({ verdict: 'fail' });
    expect(noLog.tests[2]!.evidence[0]).toContain('where the log has to begin, is not in');
  }, 180_000);
});

describe('verification of a backup in a repository of pgBackRest', () => {
  let ground: Ground;
  let primary: ClusterLocation;
  let repository: Repository;
  let set: ListedSet;
  const repositoryPath = () => join(ground.directory, 'repo');

  beforeAll(async () => {
    ground = await openGround();
    const pgbackrest = await findPgbackrest();
    const configFile = join(ground.directory, 'pgbackrest.conf');
    primary = await ground.cluster('primary', {
      archive_mode: 'on',
      archive_command: `${pgbackrest.path} --stanza=main --config=${configFile} archive-push %p`,
    });
    const { account } = primary;
    for (const name of ['repo', 'rest-log', 'rest-lock'])
      await makeOwnedDirectory(join(ground.directory, name), account);
    const lines = [
      '[global]',
      `repo1-path=${repositoryPath()}`,
      `log-path=${join(ground.directory, 'rest-log')}`,
      `lock-path=${join(ground.directory, 'rest-lock')}`,
      ...['log-level-file=off', 'compress-type=zst', 'archive-timeout=20', '[main]'],
      `pg1-path=${primary.dataDirectory}`,
      ...[`pg1-port=${primary.port}`, `pg1-user=${primary.user}`, ''],
    ];
    await writeFile(configFile, lines.join('\n'));
    await chmod(configFile, 0o600);
    if (account) await chown(configFile, account.uid, account.gid);
    await ground.withSession(primary, async (session) =>
      session.query(`
        create table cities(id int primary key, name text not null);
        insert into cities select i, 'city ' || i from generate_series(1, 5000) i;
        create table fares(id serial primary key, city int references cities);
        insert into fares(city) select 1 + i % 5000 from generate_series(1, 1000) i;
        create table canary(id bigint primary key, at timestamptz not null default clock_timestamp());
        insert into canary select generate_series(1, 100)`),
    );
    const made = spawnSync('pgbackrest', ['--stanza=main', `--config=${configFile}`, 'stanza-create'], {
      env: {
        ...{ PATH: process.env['PATH'], PGPASSFILE: primary.passfile!, PGHOST: primary.host },
        PGDATABASE: 'postgres',
      },
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
    expect(made.status).toBe(0);
    repository = await openRepository({
      ...{ tools: ground.tools, pgbackrest, stanza: 'main', configFile, account },
    });
    const store = openLocalStore(join(ground.directory, 'store'));
    const { manifest } = await takeRepositoryBackup({
      ...{ repository, location: primary, store, source: 'test', policy, signer, type: 'full' },
    });
    set = await findBackup(store, trusted, manifest.id);
  });
  afterAll(async () => ground.remove());

  async function request(name: string, withRepository = true): Promise<VerifyRequest> {
    return {
      ...{ tools: ground.tools, store: openLocalStore(join(ground.directory, 'store')), set, trusted },
      ...(withRepository ? { repository } : {}),
      ...{ scratch: await ground.place(name), passwordFrom: primary, full: true },
      stagingDirectory: join(ground.directory, 'staging'),
      freshness: { table: 'canary', timeColumn: 'at', rpoMs: 3_600_000 },
    };
  }

  it('runs all tests, with the repository read by its own tool', async () => {
    const result = await verifySet(await request('scratch'));
    expect(result.tests.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(verdicts(result)).toBe('pass not-run pass pass pass pass pass pass');
    expect(result.tests[2]!.evidence[0]).toContain('pgbackrest verify read backups');
    const blind = await verifySet(await request('blind', false));
    expect([verdicts(blind), blind.passed]).toEqual([
      'not-run not-run not-run not-run not-run not-run not-run not-run',
      false,
    ]);
  });

  it('catches the faults of a cluster restored from it, and of its own files', async () => {
    const ids = [
      'flipped-bit',
      'altered-manifest',
      'missing-row',
      'silent-change',
      'damaged-index',
      'read-only',
    ];
    const proof = await proveSet({
      ...(await request('proof')),
      controls: controls.filter(({ id }) => ids.includes(id)),
    });
    expect(proof.controls.filter((one) => !one.caught)).toEqual([]);
    expect([proof.caught, proof.total]).toEqual([ids.length, ids.length]);
  });

  it('is red when a file of the repository is damaged, although pgBackRest exits with 0', async () => {
    const [file] = readdirSync(join(repositoryPath(), 'backup/main'), {
      recursive: true,
      withFileTypes: true,
    })
      .filter(
        (entry) => entry.isFile() && /^\d+\.zst$/.test(entry.name) && !entry.parentPath.includes('latest'),
      )
      .map((entry) => join(entry.parentPath, entry.name));
    const handle = await open(file!, 'r+');
    const at = Math.floor((await handle.stat()).size / 2);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.from([buffer.readUInt8(0) ^ 0xff]), 0, 1, at);
    await handle.close();
    const result = await verifySet({ ...(await request('damaged')), full: false });
    expect(result.tests[2]).toMatchObject({ verdict: 'fail' });
    expect(result.tests[2]!.evidence.join('\n')).toContain('invalid');
    expect(result.passed).toBe(false);
  });
});
