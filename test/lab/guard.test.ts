import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Failure, sha256Hex } from '../../src/base/index.js';
import { runChild } from '../../src/children/index.js';
import {
  allocateCluster,
  assignCluster,
  guardLab,
  labDown,
  labFaults,
  locateCluster,
  namedCluster,
  noteRestarted,
  openLab,
  stopApplication,
  startApplication,
  trafficTarget,
  type Lab,
} from '../../src/lab/index.js';
import {
  clusterState,
  connectTo,
  createCluster,
  findPostmaster,
  killCluster,
  startCluster,
  stopCluster,
  toolEnvironment,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { makeTestLab, withTestLab, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let primary: ClusterLocation;
let undo: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  test = await makeTestLab({ scale: 0.01 });
  lab = test.lab;
  primary = trafficTarget(lab);
});
afterEach(async () => {
  for (const act of undo.reverse()) await act();
  undo = [];
  await guardLab(lab, primary, 'show that everything is as before');
});
afterAll(async () => expect(await test.down()).toEqual([]));

const refusal = async (location = primary) => {
  const outcome = await guardLab(lab, location, 'overwrite it').then(
    () => 'allowed',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Failure);
  expect(outcome).toMatchObject({ reason: 'refused', retryable: false });
  return (outcome as Failure).message;
};
const move = (from: string, to: string) => {
  renameSync(from, to);
  undo.push(() => renameSync(to, from));
};
const editState = (change: (text: string) => string) => {
  const before = readFileSync(lab.paths.state, 'utf8');
  writeFileSync(lab.paths.state, change(before));
  undo.push(() => writeFileSync(lab.paths.state, before));
};
const token = () => join(dirname(primary.dataDirectory), 'token');
/** Stops the primary; afterwards it is started and recorded again. */
const stopped = async () => {
  await stopCluster(lab.tools, primary, 'fast');
  undo.unshift(async () => {
    await startCluster(lab.tools, primary);
    await noteRestarted(lab, primary);
  });
};
const kill = async (location: ClusterLocation) => {
  await killCluster(location);
};
const runTool = async (name: string, args: readonly string[]) => {
  const { exitCode, tail } = await runChild({
    file: lab.tools.path(name),
    args,
    env: toolEnvironment(primary),
    ...(primary.account === null ? {} : { account: primary.account }),
    cwd: '/',
  });
  expect(exitCode, tail.join('\n')).toBe(0);
};

describe('the guard lets pass', () => {
  it('a cluster of the lab as it was recorded, alive or dead', async () => {
    await guardLab(lab, primary, 'do anything');
    await stopped();
    await guardLab(lab, primary, 'do anything');
  });

  it('the place of a cluster that does not exist yet', async () => {
    const replacement = await locateCluster(lab, 'replacement');
    await guardLab(lab, replacement, 'restore into it');
    expect(await locateCluster(lab, 'replacement')).toEqual(replacement);
    expect(replacement.port).not.toBe(primary.port);
    expect(replacement.socketDirectory).not.toBe(primary.socketDirectory);
  });

  it('a frozen server of the lab, by its process', async () => {
    const postmaster = (await findPostmaster(primary.dataDirectory))!;
    process.kill(postmaster.pid, 'SIGSTOP');
    undo.push(() => void process.kill(postmaster.pid, 'SIGCONT'));
    await guardLab(lab, primary, 'fence it');
  });
});

describe('the guard refuses, naming the part that differs:', () => {
  it('a cluster without a token', async () => {
    move(token(), join(test.outside, 'token-kept'));
    expect(await refusal()).toMatch(/^refused to overwrite it: there is no token in /);
  });

  it('a token that was swapped', async () => {
    const other = await allocateCluster(lab, 'side');
    const before = readFileSync(token());
    writeFileSync(token(), readFileSync(join(dirname(other.dataDirectory), 'token')));
    undo.push(() => writeFileSync(token(), before));
    expect(await refusal()).toContain('is not the one this lab put there');
  });

  it('a token that is a link to the right one', async () => {
    const kept = join(test.outside, 'token-linked');
    move(token(), kept);
    symlinkSync(kept, token());
    undo.push(() => unlinkSync(token()));
    expect(await refusal()).toContain('there is no token');
  });

  it('a token made up to fit a cluster that the lab does not know', async () => {
    const folder = join(lab.paths.clusters, 'foreign');
    mkdirSync(join(folder, 'data'), { recursive: true });
    undo.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'token'), readFileSync(token()));
    expect(await refusal({ ...primary, dataDirectory: join(folder, 'data') })).toContain(
      'no token is recorded for',
    );
  });

  it('another cluster’s data directory written into lab.json', async () => {
    const foreign: ClusterLocation = {
      ...primary,
      dataDirectory: join(test.outside, 'production', 'data'),
      socketDirectory: join(test.outside, 's'),
      passfile: join(test.outside, 'production.pass'),
    };
    await createCluster(lab.tools, foreign);
    undo.push(() => rmSync(join(test.outside, 'production'), { recursive: true }));
    editState((text) => text.replaceAll(primary.dataDirectory, foreign.dataDirectory));
    expect(await refusal(foreign)).toMatch(/leads to .*outside .*clusters/);
    expect(readdirSync(foreign.dataDirectory)).toContain('PG_VERSION');
  });

  it('another port or host than recorded', async () => {
    expect(await refusal({ ...primary, port: primary.port + 1 })).toMatch(/port is \d+, recorded \d+/);
    expect(await refusal({ ...primary, host: 'db.example.com' })).toContain('host is db.example.com');
  });

  it('a data directory that is a link out of the lab', async () => {
    await stopped();
    const kept = join(test.outside, 'moved-data');
    move(primary.dataDirectory, kept);
    symlinkSync(kept, primary.dataDirectory);
    undo.push(() => unlinkSync(primary.dataDirectory));
    expect(await refusal()).toContain(`leads to ${kept}, outside`);
  });

  it('a tablespace that lies outside the lab', async () => {
    const elsewhere = join(test.outside, 'tablespace');
    mkdirSync(elsewhere);
    if (primary.account) chownSync(elsewhere, primary.account.uid, primary.account.gid);
    const session = await connectTo(primary);
    await session.query(`create tablespace elsewhere location '${elsewhere}'`);
    undo.push(async () => {
      await session.query('drop tablespace elsewhere');
      await session.end();
    });
    expect(await refusal()).toMatch(/its pg_tblspc\/\d+ leads to .*tablespace, outside/);
  });

  it('a WAL directory that is a link out of the lab', async () => {
    await stopped();
    const wal = join(primary.dataDirectory, 'pg_wal');
    const kept = join(test.outside, 'wal');
    cpSync(wal, kept, { recursive: true });
    move(wal, join(test.outside, 'wal-original'));
    symlinkSync(kept, wal);
    undo.push(() => unlinkSync(wal));
    expect(await refusal()).toContain('its pg_wal leads to');
  });

  it('a restart that nobody recorded', async () => {
    await stopCluster(lab.tools, primary, 'fast');
    await startCluster(lab.tools, primary);
    undo.push(() => noteRestarted(lab, primary));
    expect(await refusal()).toMatch(/postmaster is \d+, recorded \d+/);
  });

  it('a standby with the same system identifier in its place', async () => {
    const copy = join(dirname(primary.dataDirectory), 'standby');
    mkdirSync(copy, { mode: 0o700 });
    if (primary.account) chownSync(copy, primary.account.uid, primary.account.gid);
    await runTool('pg_basebackup', ['-D', copy, '-R', '--checkpoint=fast', '-X', 'stream']);
    await stopped();
    move(primary.dataDirectory, join(dirname(primary.dataDirectory), 'real'));
    renameSync(copy, primary.dataDirectory);
    undo.push(() => rmSync(primary.dataDirectory, { recursive: true }));
    expect(await refusal()).toMatch(/inode of the data directory is \d+, recorded \d+/);
    await startCluster(lab.tools, primary);
    undo.push(() => kill(primary));
    const message = await refusal();
    expect(message).toContain('postmaster is');
    expect(message).toContain('standby or still recovering');
    await expect(noteRestarted(lab, primary)).rejects.toMatchObject({ reason: 'refused' });
  });

  it('a restored copy in its place', async () => {
    await stopped();
    const real = join(dirname(primary.dataDirectory), 'real');
    move(primary.dataDirectory, real);
    cpSync(real, primary.dataDirectory, { recursive: true, preserveTimestamps: true });
    undo.push(() => rmSync(primary.dataDirectory, { recursive: true }));
    if (primary.account)
      await runChild({
        file: 'chown',
        args: ['-R', `${primary.account.uid}:${primary.account.gid}`, primary.dataDirectory],
      });
    chmodSync(primary.dataDirectory, 0o700);
    expect(await refusal()).toMatch(/inode/);
    await startCluster(lab.tools, primary);
    undo.push(() => kill(primary));
    expect(await refusal()).toMatch(/start of the postmaster/);
  });

  it('a server that was started where none was ever recorded', async () => {
    const fresh = await allocateCluster(lab, 'replacement');
    // `createCluster` would write its own password over the lab's.
    await createCluster(lab.tools, { ...fresh, passfile: join(test.outside, 'fresh.pass') });
    await startCluster(lab.tools, fresh);
    undo.push(() => kill(fresh));
    expect(await refusal(fresh)).toMatch(/a server runs there \(process \d+\) that was never recorded/);
  });
});

describe('a refusal comes before anything is changed', () => {
  it('a fault on a cluster whose token is gone hurts nothing', async () => {
    const session = await connectTo(primary);
    await session.query('checkpoint');
    const [row] = await session.query(`select pg_relation_filepath('public.bookings') as path`);
    await session.end();
    const file = join(primary.dataDirectory, row?.['path'] as string);
    const before = sha256Hex(readFileSync(file));
    move(token(), join(test.outside, 'token-away'));
    const fault = labFaults.get('corrupt-heap-pages')!;
    const request = { id: 'f1', args: { relation: 'public.bookings' }, signal: new AbortController().signal };
    await expect(fault.inject(lab, request)).rejects.toMatchObject({ reason: 'refused' });
    expect(sha256Hex(readFileSync(file))).toBe(before);
    expect(existsSync(join(lab.paths.faults, 'f1.json'))).toBe(false);
  });

  it('a name is given only to a place that the lab made', async () => {
    const outside = { ...primary, dataDirectory: join(test.outside, 'production', 'data') };
    await expect(assignCluster(lab, 'side', outside)).rejects.toMatchObject({ reason: 'refused' });
    expect(namedCluster(lab, 'side')?.dataDirectory).not.toBe(outside.dataDirectory);
  });

  it('taking the lab down leaves alone what a link in it leads to', async () => {
    await withTestLab({ scale: 0.01 }, async (other) => {
      const location = trafficTarget(other.lab);
      const kept = join(other.outside, 'precious');
      await stopCluster(other.lab.tools, location, 'fast');
      renameSync(location.dataDirectory, kept);
      symlinkSync(kept, location.dataDirectory);
      await startCluster(other.lab.tools, { ...location, dataDirectory: kept });
      const elsewhere = { ...location, dataDirectory: kept };
      const { leftovers } = await labDown(other.lab);
      expect(leftovers.join()).toContain('leads out of the lab');
      expect(await clusterState(elsewhere)).toBe('running');
      await killCluster(elsewhere);
      expect((await labDown(other.lab)).leftovers).toEqual([]);
      expect(readdirSync(kept)).toContain('PG_VERSION');
    });
  });
});

describe('names', () => {
  it('are remembered durably and follow a data directory that was set aside', async () => {
    await stopApplication(lab);
    await stopCluster(lab.tools, primary, 'fast');
    const aside = { ...primary, dataDirectory: `${primary.dataDirectory}.set-aside` };
    renameSync(primary.dataDirectory, aside.dataDirectory);
    await assignCluster(lab, 'set-aside', aside);
    await guardLab(lab, aside, 'look at it');
    const again = await openLab(lab.directory);
    expect(namedCluster(again, 'set-aside')).toEqual(aside);
    again.release();
    renameSync(aside.dataDirectory, primary.dataDirectory);
    await startCluster(lab.tools, primary);
    await assignCluster(lab, 'primary', primary);
    await startApplication(lab);
  });
});
