import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findReceiver, newestUsable } from '../../src/backup/index.js';
import { sha256Hex, type JsonObject } from '../../src/base/index.js';
import {
  isLabReceiving,
  labFaults,
  labStore,
  labTrustedKeys,
  protectionBefore,
  startLabWal,
  stopLabWal,
  switchTraffic,
  trafficTarget,
  type Lab,
} from '../../src/lab/index.js';
import type { ClusterLocation } from '../../src/postgres/index.js';
import { makeTestLab, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let primary: ClusterLocation;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.01, protect: true });
  lab = test.lab;
  primary = trafficTarget(lab);
}, 240_000);
afterAll(async () => {
  expect(await test.down()).toEqual([]);
});

const never = new AbortController().signal;
const inject = (name: string, id: string, args: JsonObject = {}) =>
  labFaults.get(name)!.inject(lab, { id, args, signal: never });
const usable = () =>
  newestUsable({ store: labStore(lab), trusted: labTrustedKeys(lab), walDirectory: lab.paths.wal });
const inSet = (truth: JsonObject) =>
  join(lab.paths.backups, truth['backup'] as string, truth['file'] as string);

describe('break-newest-backup', () => {
  it.each([
    ['truncate', /base\.tar\.\w+ has \d+ bytes instead of \d+/],
    ['flip', /base\.tar\.\w+/],
    ['remove-manifest', /it has no manifest/],
  ] as const)('%s: the newest is not usable and the look says why, the older one is', async (how, says) => {
    const before = (await usable()).set.id;
    const { groundTruth, proof } = await inject('break-newest-backup', `broken-${how}`, { how });
    expect(proof['message']).toMatch(says);
    expect(groundTruth).toMatchObject({ how, sound: before });
    const chosen = await usable();
    expect(chosen.set.id).toBe(before);
    const passedOver = chosen.rejected.map((one) => one.id);
    expect(passedOver).toContain(groundTruth['backup']);
    if (how !== 'remove-manifest')
      expect(sha256Hex(readFileSync(inSet(groundTruth)))).not.toBe(groundTruth['beforeSha256']);
    else expect(existsSync(inSet(groundTruth))).toBe(false);
  });

  it('is done once under one id, also when the engine died between the harm and its note', async () => {
    const first = await inject('break-newest-backup', 'broken-flip', { how: 'flip' });
    const file = inSet(first.groundTruth);
    const broken = sha256Hex(readFileSync(file));
    const note = join(lab.paths.faults, 'broken-flip.json');
    writeFileSync(note, JSON.stringify({ ...first.groundTruth, at: null, seen: null }));
    const again = await inject('break-newest-backup', 'broken-flip', { how: 'flip' });
    expect(again.groundTruth['backup']).toBe(first.groundTruth['backup']);
    // A bit that is turned over twice is sound again.
    expect(sha256Hex(readFileSync(file))).toBe(broken);
  });
});

describe('stop-wal-receiver', () => {
  it.each(['kill', 'freeze'] as const)('%s: the slot shows that nothing arrives any more', async (how) => {
    const protection = (run: string) => protectionBefore(lab, run, `after-${how}`);
    expect(await protection('sound')).toMatchObject({ reach: 'complete' });
    const { proof, groundTruth } = await inject('stop-wal-receiver', `receiver-${how}`, { how });
    // What was measured before the disaster of a run stands, whatever an engine that resumes it would find.
    expect(await protection('sound')).toMatchObject({ reach: 'complete' });
    expect(await protection('broken')).toMatchObject({
      reach: 'incomplete',
      said: expect.stringMatching(
        how === 'kill' ? /^no receiver runs; NOT every/ : /^its receiver is frozen; NOT every/,
      ) as string,
    });
    expect(proof['message']).toMatch(/NOT every commit: the server is at \S+, received only up to \S+/);
    expect(await isLabReceiving(lab)).toBe(how === 'freeze');
    expect((await inject('stop-wal-receiver', `receiver-${how}`, { how })).groundTruth).toEqual(groundTruth);
    await stopLabWal(lab);
    expect(await findReceiver(lab.paths.wal)).toBeNull();
    await startLabWal(lab, primary);
  });
});

describe('remove-wal-segment', () => {
  it('leaves a gap behind which no backup reaches', async () => {
    const { groundTruth, proof } = await inject('remove-wal-segment', 'gap');
    const segment = groundTruth['segment'] as string;
    expect(proof['message']).toBe(`segment ${segment} is missing, later ones are there`);
    expect(existsSync(join(lab.paths.wal, segment))).toBe(false);
    await expect(usable()).rejects.toThrow(`segment ${segment} is missing`);
    expect((await inject('remove-wal-segment', 'gap')).groundTruth).toEqual(groundTruth);
  });
});

describe('lose-signing-key', () => {
  it('leaves no set that is believed', async () => {
    const { groundTruth, proof } = await inject('lose-signing-key', 'key');
    expect(groundTruth['otherKey']).not.toBe(groundTruth['lostKey']);
    expect(proof['message']).toMatch(/sets are not believed; .* is signed by the unknown key/);
    await expect(usable()).rejects.toThrow('signed by the unknown key');
    expect((await inject('lose-signing-key', 'key')).groundTruth).toEqual(groundTruth);
  });
});

describe('the guard', () => {
  const names = [
    'break-newest-backup',
    'stop-wal-receiver',
    'remove-wal-segment',
    'lose-signing-key',
    'slow-store',
  ];
  it.each(names)('%s refuses a target that is not the lab’s own, and does nothing', async (name) => {
    switchTraffic(lab, { ...primary, dataDirectory: join(test.outside, 'data') });
    try {
      await expect(inject(name, `refused-${name}`)).rejects.toMatchObject({ reason: 'refused' });
      expect(existsSync(join(lab.paths.faults, `refused-${name}.json`))).toBe(false);
    } finally {
      switchTraffic(lab, primary);
    }
  });

  it.each(names)('%s takes no id that leads out of the lab, and is described without one', async (name) => {
    await expect(inject(name, '../x')).rejects.toMatchObject({ reason: 'invalid' });
    const fault = labFaults.get(name)!;
    expect(fault.describe({}).length).toBeGreaterThan(20);
    expect(fault.preview({}).length).toBeGreaterThan(0);
    expect(fault.with).toMatchObject({ additionalProperties: false });
  });
});
