import { readFile, stat, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clusterState,
  connectTo,
  createCluster,
  findPostmaster,
  killCluster,
  readFingerprint,
  readLiveFingerprint,
  readPassword,
  startCluster,
  stopCluster,
  wasTurnedAway,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { failureOf } from './failure-of.js';
import { openGround, type Ground } from './throwaway-cluster.js';

describe('a cluster from creation to the end', () => {
  let ground: Ground;
  let location: ClusterLocation;
  beforeAll(async () => {
    ground = await openGround();
    location = await ground.cluster('a');
  });
  afterAll(async () => ground.remove());

  it('is created with checksums, UTF-8 and a password that is in the passfile only', async () => {
    const rows = await ground.withSession(location, async (session) =>
      session.query(`select current_setting('data_checksums') as sums, current_setting('server_encoding') as encoding,
                            (select rolpassword from pg_authid where rolname = 'admin') as secret`),
    );
    expect(rows[0]).toMatchObject({ sums: 'on', encoding: 'UTF8' });
    expect(rows[0]?.['secret']).toMatch(/^SCRAM-SHA-256/);
    const password = (await readPassword(location)) ?? '';
    expect(password.length).toBeGreaterThan(20);
    expect((await stat(location.passfile!)).mode & 0o777).toBe(0o600);
    const processes = execFileSync('ps', ['-axo', 'args='], { encoding: 'utf8' });
    expect(processes).not.toContain(password);
    await writeFile(`${location.passfile!}.other`, `127.0.0.1:*:*:admin:wrong\n`);
    const wrong = connectTo({ ...location, passfile: `${location.passfile!}.other` });
    const failure = await failureOf(wrong);
    expect([failure.reason, failure.retryable, wasTurnedAway(failure)]).toEqual(['unavailable', false, true]);
    expect(failure.message).not.toContain('wrong');
    // To a guard that is an answer, not the silence of a dead server.
    const said: string[] = [];
    const live = await readLiveFingerprint({ ...location, passfile: `${location.passfile!}.other` }, said);
    expect([live, said]).toEqual([null, [expect.stringContaining('password authentication failed')]]);
  });

  it('refuses to be created over something', async () => {
    expect(await failureOf(createCluster(ground.tools, location))).toMatchObject({ reason: 'refused' });
    expect((await failureOf(createCluster(ground.tools, location))).message).toContain('is not empty');
    expect(await clusterState(location)).toBe('running');
  });

  it('has a fingerprint that changes with a restart, and refuses another cluster at its address', async () => {
    const first = await readFingerprint(location);
    expect(first).toMatchObject({ port: location.port, timeline: 1, inRecovery: false });
    expect(first.systemIdentifier).toMatch(/^\d{19}$/);
    expect(first.postmasterPid).toBe((await findPostmaster(location.dataDirectory))?.pid);
    await stopCluster(ground.tools, location, 'fast');
    expect(await clusterState(location)).toBe('stopped');
    await startCluster(ground.tools, location);
    const second = await readFingerprint(location);
    expect(second.systemIdentifier).toBe(first.systemIdentifier);
    expect(second.postmasterStart).not.toBe(first.postmasterStart);
    const elsewhere = { ...location, dataDirectory: ground.directory };
    await expect(readFingerprint(elsewhere)).rejects.toMatchObject({ reason: 'refused' });
  });

  it('starts at most once, and says why it does not start', async () => {
    await expect(startCluster(ground.tools, location)).rejects.toMatchObject({ reason: 'refused' });
    const other = await ground.place('b');
    await createCluster(ground.tools, other);
    const taken = await failureOf(startCluster(ground.tools, { ...other, port: location.port }));
    expect(taken.reason).toBe('unavailable');
    expect(taken.message).toMatch(/could not create any TCP\/IP sockets/);
    expect(
      (await failureOf(startCluster(ground.tools, other, { settings: { no_such_thing: '1' } }))).message,
    ).toContain('no_such_thing');
    expect(await clusterState(other)).toBe('stopped');
  });

  it('is killed with all its children, leaves no shared memory, and recovers what was committed', async () => {
    await ground.withSession(location, async (session) => {
      await session.query('create table kept(id int primary key)');
      await session.query('insert into kept select generate_series(1, 1000)');
      const killed = await killCluster(location);
      expect(killed.length).toBeGreaterThan(4);
      await expect(session.query('select 1')).rejects.toMatchObject({ reason: 'unavailable' });
    });
    expect(await clusterState(location)).toBe('stopped');
    const postmaster = await readFile(`${location.dataDirectory}/postmaster.pid`, 'utf8');
    const segment = postmaster.split('\n')[6]?.trim().split(/\s+/)[1] ?? '';
    const left = execFileSync('cat', ['/proc/sysvipc/shm'], { encoding: 'utf8' });
    expect(left.split('\n').some((line) => line.trim().split(/\s+/)[1] === segment)).toBe(false);
    await startCluster(ground.tools, location);
    const rows = await ground.withSession(location, async (session) =>
      session.query('select count(*) from kept'),
    );
    expect(rows).toEqual([{ count: 1000 }]);
  });

  it('does not believe a stale postmaster.pid', async () => {
    const other = await ground.place('c');
    await createCluster(ground.tools, other);
    await writeFile(`${other.dataDirectory}/postmaster.pid`, `${process.pid}\n${other.dataDirectory}\n`);
    expect(await clusterState(other)).toBe('stopped');
    expect(await clusterState({ ...other, dataDirectory: `${other.dataDirectory}-none` })).toBe('absent');
  });
});
