import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processIdentity } from '../../src/children/index.js';
import { readServerLoss, writeServerLoss } from '../../src/damage/index.js';
import {
  applicationHost,
  deployApplication,
  isApplicationRunning,
  isLabProvisioned,
  isLabReceiving,
  labFaults,
  observeLab,
  provisionLab,
  setLoad,
  startApplication,
  trafficTarget,
  type Lab,
} from '../../src/lab/index.js';
import {
  clusterState,
  connectTo,
  findPostmaster,
  lookAtServer,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { nextAcknowledged, readLedger } from '../../src/sentinel/index.js';
import { eventually, makeTestLab, processesNaming, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let ledger: string;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.05, protect: true });
  lab = test.lab;
  location = trafficTarget(lab);
  const note = await observeLab(lab, {
    recordDirectory: join(test.outside, 'record'),
    session: 's',
    intervalMs: 50,
  });
  ledger = note.ledger;
  await setLoad(lab, 20);
  await nextAcknowledged(ledger, 30_000, never);
});
afterAll(async () => {
  expect(await test.down()).toEqual([]);
});

const fault = labFaults.get('lose-server')!;
const never = new AbortController().signal;
const inject = (id: string, signal = never, args = {}) => fault.inject(lab, { id, args, signal });
const truthFile = (id: string) => join(lab.paths.faults, `${id}.json`);
const spaceOf = () => join(dirname(location.dataDirectory), 'space');

/** A tablespace whose files lie beside the data directory, or anywhere else. */
async function makeTablespace(folder: string): Promise<void> {
  mkdirSync(folder);
  if (location.account !== null)
    execFileSync('chown', [`${location.account.uid}:${location.account.gid}`, folder]);
  const session = await connectTo(location);
  await session.query(`create tablespace beside location '${folder}'`);
  await session.query('create table public.in_space (i int) tablespace beside');
  await session.end();
}

describe('lose-server, before it may', () => {
  it('touches nothing where the token is missing', async () => {
    const server = await findPostmaster(location.dataDirectory);
    const token = join(dirname(location.dataDirectory), 'token');
    renameSync(token, `${token}.away`);
    try {
      await expect(inject('f1')).rejects.toMatchObject({ reason: 'refused' });
    } finally {
      renameSync(`${token}.away`, token);
    }
    expect(await findPostmaster(location.dataDirectory)).toEqual(server);
    expect(existsSync(truthFile('f1'))).toBe(false);
    expect(isApplicationRunning(lab)).toBe(true);
  });

  it('touches nothing where a tablespace leads out of the lab', async () => {
    const server = await findPostmaster(location.dataDirectory);
    const elsewhere = join(test.outside, 'somebody-elses');
    mkdirSync(elsewhere);
    const link = join(location.dataDirectory, 'pg_tblspc', '99999');
    symlinkSync(elsewhere, link);
    try {
      await expect(inject('f1')).rejects.toThrow(/pg_tblspc\/99999 leads to .*outside/);
    } finally {
      rmSync(link);
    }
    expect(existsSync(elsewhere)).toBe(true);
    expect(await findPostmaster(location.dataDirectory)).toEqual(server);
  });

  it('takes no fault id that leads out of the lab', async () => {
    await expect(inject('../f1')).rejects.toMatchObject({ reason: 'invalid' });
  });

  it('is described and previewed without a lab', () => {
    expect(fault.describe({})).toContain('removes its host');
    expect(fault.describe({ application: false })).not.toContain('application');
    expect(fault.preview({}).join('\n')).toContain('rm -r <data directory>');
  });

  it('stopped in time, has put its plan on record and done nothing', async () => {
    await makeTablespace(spaceOf());
    const stopped = AbortSignal.abort();
    await expect(inject('lost', stopped)).rejects.toMatchObject({ reason: 'cancelled' });
    const loss = readServerLoss(truthFile('lost'))!;
    expect(loss).toMatchObject({ at: null, killed: [], removedAt: null, provenAt: null });
    expect(loss.server).toMatchObject({ synchronousStandbyNames: '', timeline: 1 });
    expect(loss.server.receivers).toEqual([
      expect.objectContaining({ name: 'firedrill_lab', state: 'streaming', sync: 'async' }),
    ]);
    await nextAcknowledged(ledger, 10_000, never);
  });
});

describe('lose-server', () => {
  it('leaves no process, no file and no application of the server, which clients feel at once', async () => {
    const { pid } = (await findPostmaster(location.dataDirectory))!;
    const host = applicationHost(lab)!;
    const { groundTruth, proof, silent } = await inject('lost');
    expect(silent).toBeUndefined();

    const loss = readServerLoss(truthFile('lost'))!;
    expect(loss.killed).toContain(pid);
    expect(loss.killed.length).toBeGreaterThan(5);
    for (const one of loss.killed) expect(processIdentity(one), String(one)).toBeNull();
    expect(loss.folders).toEqual([location.dataDirectory, spaceOf(), location.socketDirectory]);
    for (const folder of [...loss.folders, host]) expect(existsSync(folder), folder).toBe(false);
    // What the lab knows it again by.
    expect(readdirSync(dirname(location.dataDirectory))).toEqual(['token']);
    expect(await clusterState(location)).toBe('absent');
    expect(await lookAtServer(location)).toMatchObject({ answers: false, dataDirectory: 'absent' });
    expect(isApplicationRunning(lab)).toBe(false);
    expect(processesNaming(host)).toEqual([]);

    expect(groundTruth).toMatchObject({ kind: 'lost-server', application: { folder: host } });
    expect(proof).toMatchObject({ at: loss.at, killedProcesses: loss.killed.length });
    expect(Date.parse(proof['firstFailedWriteAt'] as string)).toBeGreaterThanOrEqual(Date.parse(loss.at!));
    expect(proof['message']).toMatch(/^cannot connect to/);
    const failing = (what: string) =>
      eventually(`${what} to fail`, () =>
        readLedger(readFileSync(ledger, 'utf8')).lines.find(
          (line) =>
            line.kind === 'state' && line.what === what && line.state === 'failing' && line.at >= loss.at!,
        ),
      );
    await failing('write');
    await failing('application');
    await eventually('the end of the receiver', async () => !(await isLabReceiving(lab)));
    expect(readdirSync(lab.paths.wal).some((name) => name.endsWith('.partial'))).toBe(true);
  });

  it('does nothing a second time: neither to the truth nor to the host that was deployed since', async () => {
    const before = readFileSync(truthFile('lost'), 'utf8');
    expect(await isLabProvisioned(lab)).toBe(false);
    await expect(startApplication(lab)).rejects.toThrow(/not deployed/);
    expect(() => deployApplication(lab)).toThrow(/no host/);
    await provisionLab(lab);
    expect(await isLabProvisioned(lab)).toBe(true);
    const host = applicationHost(lab)!;
    deployApplication(lab);
    await startApplication(lab);
    const again = await inject('lost');
    expect(readFileSync(truthFile('lost'), 'utf8')).toBe(before);
    expect(again.groundTruth).toMatchObject(JSON.parse(before) as object);
    expect(existsSync(host)).toBe(true);
    expect(isApplicationRunning(lab)).toBe(true);
    // Asked again, provisioning makes nothing new.
    const places = readdirSync(lab.paths.clusters);
    await provisionLab(lab);
    expect(applicationHost(lab)).toBe(host);
    expect(readdirSync(lab.paths.clusters)).toEqual(places);
  });

  it('killed between its steps, is brought to the same end', async () => {
    const whole = readServerLoss(truthFile('lost'))!;
    mkdirSync(spaceOf());
    writeFileSync(join(spaceOf(), 'left-over'), 'as a removal that was cut short leaves it');
    writeServerLoss(truthFile('lost'), { ...whole, removedAt: null, failedWrite: null, provenAt: null });
    await inject('lost', never, { application: false });
    const now = readServerLoss(truthFile('lost'))!;
    expect(now).toMatchObject({ at: whole.at, killed: whole.killed, folders: whole.folders });
    expect(now.failedWrite?.message).toBe(whole.failedWrite?.message);
    expect(existsSync(spaceOf())).toBe(false);
  });

  it('under another name finds no server to lose', async () => {
    await expect(inject('other')).rejects.toMatchObject({ reason: 'unavailable' });
    writeServerLoss(truthFile('other'), {
      ...readServerLoss(truthFile('lost'))!,
      dataDirectory: '/somewhere/else',
      provenAt: null,
    });
    await expect(inject('other')).rejects.toThrow(/is another server/);
  });
});
