import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endProcess, isAlive, processIdentity, sendSignal } from '../../src/children/index.js';
import { passfileOf, sampleRoles, switchTraffic, trafficTarget, type Lab } from '../../src/lab/index.js';
import {
  connectTo,
  findPostmaster,
  freezeCluster,
  startCluster,
  stopCluster,
  thawCluster,
  type ClusterLocation,
  type Session,
} from '../../src/postgres/index.js';
import {
  compareLedger,
  findSentinel,
  ledgerHead,
  listSurvivors,
  nextAcknowledged,
  readLedger,
  silentForMs,
  startSentinel,
  stopSentinel,
  type LedgerLine,
  type SentinelOptions,
} from '../../src/sentinel/index.js';
import { eventually, makeTestLab, type TestLab } from '../lab/lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let session: Session;
let options: SentinelOptions;
let ledgerFile: string;
let run = 0;

beforeAll(async () => {
  test = await makeTestLab({ scale: 0.05 });
  lab = test.lab;
  location = trafficTarget(lab);
});
afterAll(async () => expect(await test.down()).toEqual([]));

beforeEach(async () => {
  run += 1;
  switchTraffic(lab, location);
  session = await connectTo(location);
  await session.query('truncate firedrill.canary');
  const recordDirectory = join(test.outside, `record-${run}`);
  ledgerFile = join(recordDirectory, 'ledger.jsonl');
  options = {
    recordDirectory,
    stateDirectory: join(test.outside, `state-${run}`),
    trafficFile: lab.paths.traffic,
    user: sampleRoles.sentinel,
    passfile: passfileOf(lab.paths, 'sentinel'),
    intervalMs: 25,
    probeRelation: 'public.bookings',
    session: `run-${run}`,
    heartbeat: { file: lab.paths.heartbeat, limitMs: 1_800_000 },
  };
});
afterEach(async () => {
  await stopSentinel(options.stateDirectory);
  await session.end();
});

const never = new AbortController().signal;
const acknowledged = () => nextAcknowledged(ledgerFile, 20_000, never);
const ledger = () => readLedger(existsSync(ledgerFile) ? readFileSync(ledgerFile, 'utf8') : '');
const commits = () => ledger().lines.flatMap((line) => (line.kind === 'commit' ? [line.id] : []));
const states = (what: string) =>
  ledger().lines.flatMap((line) => (line.kind === 'state' && line.what === what ? [line.state] : []));
const lastState = (what: string) =>
  ledger().lines.findLast((line) => line.kind === 'state' && line.what === what) as
    (LedgerLine & { kind: 'state' }) | undefined;
const untilState = (what: string, state: string) =>
  eventually(`${what} ${state}`, () => {
    const last = lastState(what);
    return last?.state === state ? last : undefined;
  });

describe('the sentinel', () => {
  it('enters exactly the rows that it was acknowledged, and closes its ledger when ended', async () => {
    await startSentinel(options);
    for (let count = 0; count < 5; count += 1) await acknowledged();
    await stopSentinel(options.stateDirectory);
    const { lines, problems } = ledger();
    expect(problems).toEqual([]);
    expect(lines[0]).toMatchObject({ kind: 'opened', resolutionMs: 25 });
    expect(lines.at(-1)).toMatchObject({ kind: 'closed', reason: 'ended on request' });
    expect(await listSurvivors(session)).toEqual(commits());
    const rows = await session.query('select distinct session from firedrill.canary');
    expect(rows).toEqual([{ session: `run-${run}` }]);
    expect(findSentinel(options.stateDirectory)).toBeNull();
  });

  it('says of write, read and application that they work, once each', async () => {
    await startSentinel(options);
    for (const what of ['write', 'read', 'application']) await untilState(what, 'ok');
    for (let count = 0; count < 20; count += 1) await acknowledged();
    for (const what of ['write', 'read', 'application']) expect(states(what)).toEqual(['ok']);
  });

  it('is found and not started twice', async () => {
    const first = await startSentinel(options);
    const second = await startSentinel(options);
    expect(second.process).toEqual(first.process);
    expect(findSentinel(options.stateDirectory)).toEqual(first);
    expect(ledger().lines.filter((line) => line.kind === 'opened')).toHaveLength(1);
  });

  it('reads again soon after a read that got no answer: the outage that lasted minutes longer in the ledger than for clients', async () => {
    await startSentinel(options);
    await untilState('read', 'ok');
    await freezeCluster(location);
    await untilState('read', 'failing');
    await thawCluster(location);
    // A rest of ten times as long as the read had waited in vain would be 20 s at least.
    await eventually('read ok', () => lastState('read')?.state === 'ok', 15_000);
  });

  it('reports a stopped database and its return, and loses no acknowledged row', async () => {
    await startSentinel(options);
    await untilState('write', 'ok');
    await untilState('read', 'ok');
    await session.end();
    await stopCluster(lab.tools, location, 'immediate');
    expect((await untilState('write', 'failing')).detail).not.toBe('');
    await untilState('read', 'failing');
    await untilState('application', 'failing');
    await startCluster(lab.tools, location);
    await untilState('write', 'ok');
    await untilState('application', 'ok');
    await stopSentinel(options.stateDirectory);
    session = await connectTo(location);
    const { lines, problems } = ledger();
    expect(problems).toEqual([]);
    const result = compareLedger(lines, (await ledgerHead(ledgerFile)).seq, await listSurvivors(session));
    expect(result).toMatchObject({ missing: 0, windowMs: 0 });
    expect(result.acknowledged).toBeGreaterThan(1);
    expect(states('write')).toEqual(['ok', 'failing', 'ok']);
  });

  it('notices a frozen server, whose connections stay open, and goes on when it is awake', async () => {
    await startSentinel(options);
    await untilState('write', 'ok');
    const postmaster = (await findPostmaster(location.dataDirectory))!;
    const rows = await session.query(
      `select pid from pg_stat_activity where application_name like 'firedrill sentinel%'`,
    );
    const frozen = [postmaster.pid, ...rows.map((row) => Number(row['pid']))];
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    try {
      expect((await untilState('write', 'failing')).detail).toMatch(/no answer within 1000 ms|connect/);
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
    await untilState('write', 'ok');
    const { seq } = await ledgerHead(ledgerFile);
    const found = await listSurvivors(session);
    expect(compareLedger(ledger().lines, seq, found).missing).toBe(0);
  });

  it('counts what a database that was set back has lost', async () => {
    await startSentinel(options);
    for (let count = 0; count < 10; count += 1) await acknowledged();
    const { seq } = await ledgerHead(ledgerFile);
    const before = commits().slice(0, -1);
    await session.query('delete from firedrill.canary where id = any ($1)', [before.slice(-3)]);
    await acknowledged();
    const result = compareLedger(ledger().lines, seq, await listSurvivors(session));
    expect(result.missingIds).toEqual(before.slice(-3));
    expect(result.windowMs).toBeGreaterThan(0);
  });

  it('killed at any moment, goes on with a whole chain and ids that were never used', async () => {
    for (let kill = 0; kill < 3; kill += 1) {
      const { process: sentinel } = await startSentinel(options);
      for (let count = 0; count < 3; count += 1) await acknowledged();
      sendSignal(sentinel, 'SIGKILL');
      await eventually('its end', () => !isAlive(sentinel));
    }
    await startSentinel(options);
    await acknowledged();
    await stopSentinel(options.stateDirectory);
    const { lines, problems } = ledger();
    expect(problems).toEqual([]);
    expect(lines.filter((line) => line.kind === 'opened')).toHaveLength(4);
    const ids = commits();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)!).toBeGreaterThan(3000);
    expect(compareLedger(lines, lines.length, await listSurvivors(session)).missing).toBe(0);
  });

  it('skips ahead when its ledger is older than the table', async () => {
    await session.query(
      `insert into firedrill.canary select i, now(), 'earlier' from generate_series(1, 1500) i`,
    );
    await startSentinel(options);
    const { id } = await acknowledged();
    expect(id).toBeGreaterThan(1500);
    await untilState('write', 'ok');
  });

  it('follows the traffic switch without calling the move a failure, and a cut one a failure', async () => {
    await startSentinel(options);
    await untilState('write', 'ok');
    switchTraffic(lab, { ...location, socketDirectory: '/elsewhere' });
    await eventually('two commits', async () => {
      await acknowledged();
      return (await acknowledged()).id > 0;
    });
    expect(states('write')).toEqual(['ok']);
    switchTraffic(lab, null);
    expect((await untilState('write', 'failing')).detail).toContain('points nowhere');
    switchTraffic(lab, location);
    await untilState('write', 'ok');
    writeFileSync(lab.paths.traffic, 'half a fi');
    expect((await untilState('write', 'failing')).detail).toContain('cannot be read');
  });

  it('cannot read or change anything but what it needs', async () => {
    const own = await connectTo({
      ...location,
      user: sampleRoles.sentinel,
      passfile: passfileOf(lab.paths, 'sentinel'),
    });
    for (const sql of [
      'select * from public.users',
      'delete from firedrill.canary',
      'delete from public.bookings',
    ])
      await expect(own.query(sql)).rejects.toThrow(/42501/);
    await own.end();
  });

  it('ends by itself when the engine is silent for too long', async () => {
    const file = join(test.outside, `heartbeat-${run}`);
    writeFileSync(file, '');
    utimesSync(file, 0, 0);
    const { process: sentinel } = await startSentinel({ ...options, heartbeat: { file, limitMs: 300 } });
    await eventually('its end', () => !isAlive(sentinel));
    expect(ledger().lines.at(-1)).toMatchObject({
      kind: 'closed',
      reason: 'no sign of life from the engine for 300 ms',
    });
  });

  it('stays while the engine that the heartbeat names is alive, and ends once it is not', async () => {
    const file = join(test.outside, `heartbeat-${run}`);
    const engine = spawn('sleep', ['600'], { stdio: 'ignore' });
    const gone = once(engine, 'exit');
    writeFileSync(file, JSON.stringify(processIdentity(engine.pid!)));
    utimesSync(file, 0, 0);
    const { process: sentinel } = await startSentinel({ ...options, heartbeat: { file, limitMs: 300 } });
    const silent = () => silentForMs(file, 0);
    expect(silent()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(isAlive(sentinel)).toBe(true);
    engine.kill('SIGKILL');
    await gone;
    expect(silent()).toBeGreaterThan(300);
    await eventually('its end', () => !isAlive(sentinel));
  });

  it('leaves a ledger that was tampered with as it stands, and says so on reading', async () => {
    await startSentinel(options);
    await acknowledged();
    await stopSentinel(options.stateDirectory);
    const text = readFileSync(ledgerFile, 'utf8');
    writeFileSync(ledgerFile, text.replace(/"latencyMs":[\d.]+/, '"latencyMs":99999'));
    await startSentinel(options);
    await acknowledged();
    expect(ledger().problems.map(({ problem }) => problem)).toEqual([
      'does not follow from the line before it',
    ]);
  });

  it('says which program is missing when it cannot be started', async () => {
    mkdirSync(options.stateDirectory, { recursive: true });
    const broken = { ...options, intervalMs: 1 };
    await expect(startSentinel(broken)).rejects.toThrow('the sentinel did not start');
    const log = readFileSync(join(options.stateDirectory, 'sentinel.log'), 'utf8');
    expect(log).toContain('is no configuration of a sentinel');
  });
});

describe('a claim', () => {
  it('left by a dead sentinel does not keep a new one out', async () => {
    const { process: first } = await startSentinel(options);
    const note = join(options.stateDirectory, 'sentinel.json');
    copyFileSync(note, `${note}.kept`);
    await endProcess(first, { firstSignal: 'SIGKILL' });
    expect(findSentinel(options.stateDirectory)).toBeNull();
    copyFileSync(`${note}.kept`, note);
    const { process: second } = await startSentinel(options);
    expect(second.pid).not.toBe(first.pid);
    rmSync(`${note}.kept`);
  });
});
