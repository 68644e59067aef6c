import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex, type Json } from '../../src/base/index.js';
import { hiddenName } from '../../src/damage/index.js';
import {
  bothRegions,
  fenceRegion,
  isApplicationRunning,
  labFaults,
  labStore,
  observeLab,
  probeRegion,
  removeLab,
  setLoad,
  storeOfB,
  throughDoor,
  wakeAndWrite,
  writeAsClient,
  type Lab,
} from '../../src/lab/index.js';
import { connectTo, findPostmaster, promoteStandby, withSession } from '../../src/postgres/index.js';
import { listSurvivors, nextAcknowledged, readLedger } from '../../src/sentinel/index.js';
import { processesNaming, withTestLab } from './lab-fixture.js';

const never = new AbortController().signal;
const fault = labFaults.get('lose-region')!;
const inject = (lab: Lab, id: string, lagMs = 0) =>
  fault.inject(lab, { id, args: lagMs === 0 ? {} : { lagMs }, signal: never });
const two = { scale: 0.01, protect: true, regions: 2 } as const;

const acknowledged = (ledger: string) =>
  readLedger(readFileSync(ledger, 'utf8')).lines.flatMap((line) => (line.kind === 'commit' ? [line.id] : []));

/** `T` in proc(5): stopped by a signal. */
const stateOf = (pid: number) => /\) ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

describe('lose-region', () => {
  it('freezes the database with its connections open, hides the store and ends the application, once', async () => {
    await withTestLab(two, async ({ lab, outside }) => {
      const { a, b } = bothRegions(lab);
      const note = await observeLab(lab, {
        recordDirectory: join(outside, 'r'),
        session: 's',
        intervalMs: 50,
      });
      await setLoad(lab, 20);
      await nextAcknowledged(note.ledger, 30_000, never);
      const store = labStore(lab);
      const session = await connectTo(a);
      const { groundTruth, proof } = await inject(lab, 'gone', 500);
      expect(proof).toMatchObject({ at: groundTruth['at'] });
      expect(proof['objectsOutOfReach']).toBeGreaterThan(3);
      expect(proof['message']).toMatch(/timeout expired|no answer within/);
      const [at, failedAt] = [proof['at'] as string, proof['firstFailedWriteAt'] as string];
      expect(Date.parse(failedAt)).toBeGreaterThanOrEqual(Date.parse(at));
      // The very connection of before still stands, and says nothing.
      const answer = session.query('select 1').then(
        () => 'answered',
        () => 'broken',
      );
      const silent = new Promise((resolve) => setTimeout(() => resolve('silent'), 1000));
      expect(await Promise.race([answer, silent])).toBe('silent');
      const frozen = groundTruth['frozen'] as readonly number[];
      expect(frozen.length).toBeGreaterThan(5);
      expect(frozen.map(stateOf)).toEqual(frozen.map(() => 'T'));
      expect(isApplicationRunning(lab)).toBe(false);

      // Its content is whole, and nobody gets at it: not found would be another thing than out of reach.
      await expect(store.probe()).rejects.toMatchObject({ reason: 'unavailable' });
      await expect(store.folders('')).rejects.toMatchObject({ reason: 'unavailable' });
      const objects = groundTruth['objects'] as { readonly [key: string]: Json };
      for (const [key, sha256] of Object.entries(objects)) {
        expect(sha256Hex(readFileSync(join(hiddenName(lab.paths.backups), key)))).toBe(sha256);
        expect(sha256Hex(readFileSync(join(storeOfB(lab).directory, key)))).toBe(sha256);
      }

      const seen = await probeRegion(lab, { attempts: 3, timeoutMs: 300, signal: never });
      expect(seen.fromB.map((one) => one.works)).toEqual([false, false, false]);
      expect(seen.third.answers).toBe(false);

      const truth = readFileSync(join(lab.paths.faults, 'gone.json'), 'utf8');
      expect((await inject(lab, 'gone', 500)).groundTruth).toEqual(JSON.parse(truth));
      expect(readFileSync(join(lab.paths.faults, 'gone.json'), 'utf8')).toBe(truth);
      // As an engine leaves it that was killed between the freezing and the proof.
      const proven = JSON.parse(truth) as { at: string; failedWrite: unknown };
      const half = { ...proven, frozen: [], failedWrite: null, provenAt: null };
      writeFileSync(join(lab.paths.faults, 'gone.json'), JSON.stringify(half));
      expect((await inject(lab, 'gone', 500)).groundTruth).toMatchObject({
        ...{ at: proven.at, objects },
        frozen: expect.arrayContaining([...frozen]) as unknown,
      });
      expect(existsSync(hiddenName(lab.paths.backups))).toBe(true);
      // The last half second of acknowledged commits never reached region B.
      const last = acknowledged(note.ledger).at(-1)!;
      const there = await withSession(b, { readOnly: true }, listSurvivors);
      expect(there.length).toBeGreaterThan(0);
      expect(there).not.toContain(last);
    });
  });

  it('needs the very database that the lab made: without its token nothing is touched', async () => {
    await withTestLab({ ...two, protect: false }, async ({ lab }) => {
      const { a } = bothRegions(lab);
      const postmaster = await findPostmaster(a.dataDirectory);
      const token = join(dirname(a.dataDirectory), 'token');
      renameSync(token, `${token}.away`);
      await expect(inject(lab, 'foreign')).rejects.toMatchObject({ reason: 'refused' });
      renameSync(`${token}.away`, token);
      expect(existsSync(join(lab.paths.faults, 'foreign.json'))).toBe(false);
      expect(stateOf(postmaster!.pid)).not.toBe('T');
      expect(lstatSync(lab.paths.backups).isDirectory()).toBe(true);
      expect(isApplicationRunning(lab)).toBe(true);
      await expect(inject(lab, '../else')).rejects.toMatchObject({ reason: 'invalid' });
      await expect(writeAsClient(lab, throughDoor(lab, a, 'clients'), 'test', 5000)).resolves.toMatchObject({
        outcome: 'accepted',
      });
    });
  });

  it('leaves a lab that can be removed by anybody, although its engine is gone and its server frozen', async () => {
    await withTestLab({ ...two, protect: false }, async ({ lab }) => {
      await inject(lab, 'gone');
      const { leftovers } = await removeLab(lab.directory);
      expect(leftovers).toEqual([]);
      expect(existsSync(lab.directory)).toBe(false);
      expect(processesNaming(lab.directory)).toEqual([]);
    });
  });

  it('is refused in a lab with one region', async () => {
    await withTestLab({ scale: 0.01 }, async ({ lab }) => {
      await expect(inject(lab, 'gone')).rejects.toMatchObject({
        ...{ reason: 'unavailable', message: 'this lab has one region' },
      });
      expect(isApplicationRunning(lab)).toBe(true);
    });
  });

  it('is described and previewed without a lab', () => {
    expect(fault.describe({ lagMs: 2000 })).toContain('for 2000 ms before, nothing reaches region B');
    expect(fault.preview({}).join('\n')).toContain('SIGSTOP <postmaster of region A>');
  });
});

describe('region A when it wakes up after region B was promoted', () => {
  it('takes writes again where nobody fenced it: two regions do, and it is seen', async () => {
    await withTestLab(two, async ({ lab }) => {
      const { b } = bothRegions(lab);
      await inject(lab, 'gone');
      await promoteStandby(b, 60_000);
      const { continued, restarted } = await wakeAndWrite(lab, never);
      for (const woken of [continued, restarted])
        expect(woken).toMatchObject({
          awake: true,
          takesWrites: true,
          timeline: 1,
          write: { outcome: 'accepted' },
        });
    });
  });

  it('is refused at its old address where it was fenced, continued and restarted, although it is awake', async () => {
    await withTestLab(two, async ({ lab }) => {
      const { a, b } = bothRegions(lab);
      await inject(lab, 'gone');
      await fenceRegion(lab, 'given up');
      // The whole time nobody has reached region A.
      expect(stateOf((await findPostmaster(a.dataDirectory))!.pid)).toBe('T');
      await promoteStandby(b, 60_000);
      const { continued, restarted } = await wakeAndWrite(lab, never);
      for (const woken of [continued, restarted]) {
        expect(woken).toMatchObject({
          awake: true,
          takesWrites: true,
          timeline: 1,
          write: { outcome: 'refused' },
        });
        expect(woken.write.said).toContain('region A is fenced (epoch 1): given up');
      }
      const rows = await withSession(a, { readOnly: true }, async (session) =>
        session.query(`select 1 from public.application_status where host = 'client of region a'`),
      );
      expect(rows).toEqual([]);
    });
  });
});
