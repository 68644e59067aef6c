import { existsSync, readFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBackups } from '../../../src/backup/index.js';
import { inventory, missingFrom, noteName, readRansomTruth } from '../../../src/damage/index.js';
import {
  guardLab,
  labFaults,
  labTrustedKeys,
  observeLab,
  ownerStore,
  setLoad,
  trafficTarget,
  type Lab,
} from '../../../src/lab/index.js';
import { attackOutside } from '../../../src/lab/immutable/attack-outside.js';
import { findPostmaster, relationFiles } from '../../../src/postgres/index.js';
import { readLedger } from '../../../src/sentinel/index.js';
import { openOriginals } from '../../../src/store/index.js';
import { eventually, makeTestLab, withTestLab, type TestLab } from '../lab-fixture.js';

const fault = labFaults.get('ransomware')!;
const never = new AbortController().signal;
const inject = (lab: Lab, id: string, args = {}) => fault.inject(lab, { id, args, signal: never });

let test: TestLab;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.5, protect: true, immutable: true });
});
afterAll(async () => expect(await test.down()).toEqual([]));

describe('ransomware', () => {
  it('refuses a target that is not known for certain, and changes nothing', async () => {
    const { lab } = test;
    const { dataDirectory } = trafficTarget(lab);
    const token = join(dirname(dataDirectory), 'token');
    renameSync(token, `${token}.away`);
    await expect(inject(lab, 'refused')).rejects.toMatchObject({ reason: 'refused' });
    renameSync(`${token}.away`, token);
    expect(existsSync(join(dataDirectory, noteName))).toBe(false);
    expect(existsSync(join(lab.paths.faults, 'refused.json'))).toBe(false);
    expect(readdirSync(lab.paths.backups).length).toBeGreaterThan(0);
  });

  it('makes every table unreadable, which the sentinel sees, and destroys no copy that is locked', async () => {
    const { lab } = test;
    const note = await observeLab(lab, {
      recordDirectory: join(test.outside, 'record'),
      session: 's',
      intervalMs: 50,
    });
    await setLoad(lab, 20);
    const states = () =>
      readLedger(readFileSync(note.ledger, 'utf8')).lines.flatMap((line) =>
        line.kind === 'state' && line.what === 'read' ? [line] : [],
      );
    await eventually('a good read', () => states().some((line) => line.state === 'ok'));
    const before = await inventory(ownerStore(lab.state()));
    expect(before.length).toBeGreaterThan(3);
    expect(before.every((one) => one.lockedUntil !== null)).toBe(true);

    const { groundTruth, proof } = await inject(lab, 'f1');
    await eventually('a failed read', () => states().some((line) => line.state === 'failing'));
    expect(proof).toMatchObject({ denied: 11, attempts: 12, answeredOtherwise: [], lostVersions: [] });
    expect(proof['sqlState']).toMatch(/^XX/);
    const truth = readRansomTruth(join(lab.paths.faults, 'f1.json'))!;
    expect(truth.failedRead!.at >= truth.encrypted!.firstByteAt).toBe(true);
    expect(proof['at']).toBe(truth.encrypted!.firstByteAt);
    expect(groundTruth['keyHex']).toBeUndefined();

    expect(
      truth.attempts!.map(({ id, answer, status, versionStays }) => [id, answer, status, versionStays]),
    ).toEqual([
      ['delete', 'denied', 403, true],
      ['delete-version', 'denied', 403, true],
      ['bypass-governance', 'denied', 403, true],
      ['delete-in-bulk', 'denied', 403, true],
      ['overwrite', 'allowed', 200, true],
      ['shorten-retention', 'denied', 403, true],
      ['weaken-retention', 'denied', 403, true],
      ['expire-by-lifecycle', 'denied', 403, true],
      ['suspend-versioning', 'denied', 403, true],
      ['drop-default-lock', 'denied', 403, true],
      ['drop-policy', 'denied', 403, true],
      ['delete-bucket', 'denied', 403, true],
    ]);
    expect(missingFrom(before, await inventory(ownerStore(lab.state())))).toEqual([]);
    expect(truth.localRemoved.some((name) => name.startsWith('backups/'))).toBe(true);
    expect(readdirSync(lab.paths.backups)).toEqual([]);

    const { dataDirectory } = trafficTarget(lab);
    const filled = (await relationFiles(dataDirectory)).filter((file) => statSync(file).size > 0);
    expect(truth.encrypted!.files).toBeGreaterThan(filled.length * 0.95);
    expect(truth.encrypted!.bytes).toBeGreaterThan(20 * 1024 ** 2);
    expect(existsSync(join(dataDirectory, noteName))).toBe(true);
  });

  it('does nothing a second time under the same id', async () => {
    const { lab } = test;
    const file = join(lab.paths.faults, 'f1.json');
    const before = readFileSync(file, 'utf8');
    const again = await inject(lab, 'f1');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(again.proof).toMatchObject({ at: readRansomTruth(file)!.encrypted!.firstByteAt });
  });

  it('leaves a cluster that its guard still knows by its process, although its catalogue cannot be read', async () => {
    const { lab } = test;
    const location = trafficTarget(lab);
    expect(await findPostmaster(location.dataDirectory)).not.toBeNull();
    await guardLab(lab, location, 'stop it');
  });

  it('leaves sets that can be listed as they were first put, whatever was put over them', async () => {
    const { lab } = test;
    const at = readRansomTruth(join(lab.paths.faults, 'f1.json'))!.encrypted!.firstByteAt;
    const { sets, broken } = await listBackups(
      openOriginals(ownerStore(lab.state()), at),
      labTrustedKeys(lab),
    );
    expect(broken).toEqual([]);
    expect(sets).toHaveLength(1);
  });
});

it('with the owner’s keys what the protocol allows is done, and every version stays', async () => {
  const { lab } = test;
  const owner = ownerStore(lab.state());
  const before = await inventory(owner);
  const attempts = await attackOutside(lab, 'owner', before, never);
  expect(attempts.filter((one) => one.answer === 'allowed').map((one) => one.id)).toEqual([
    'delete',
    'overwrite',
    'expire-by-lifecycle',
    'drop-default-lock',
    'drop-policy',
  ]);
  expect(attempts.filter((one) => one.answer !== one.expected || !one.versionStays)).toEqual([]);
  expect(missingFrom(before, await inventory(owner))).toEqual([]);
  const { encrypted } = readRansomTruth(join(lab.paths.faults, 'f1.json'))!;
  const originals = openOriginals(owner, encrypted!.firstByteAt);
  expect((await listBackups(originals, labTrustedKeys(lab))).sets).toHaveLength(1);
});

it('is refused in a lab without an immutable copy', async () => {
  await withTestLab({ scale: 0.5 }, async ({ lab }) => {
    await expect(inject(lab, 'none')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(existsSync(join(lab.paths.faults, 'none.json'))).toBe(false);
  });
});
