import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/base/index.js';
import { isAlive } from '../../src/children/index.js';
import { labFaults, ownerStore } from '../../src/lab/index.js';
import { findLabProcess } from '../../src/lab/process-note.js';
import { text, useActionGround } from './action-ground.js';

const ground = useActionGround({ immutable: true });
const never = new AbortController().signal;
const inject = (args: JsonObject = { kilobytesPerSecond: 64 }) =>
  labFaults.get('slow-store')!.inject(ground.on.lab, { id: 'slow', args, signal: never });
const paceIn = (truth: JsonObject, when: 'before' | 'after') => {
  const pace = truth[when];
  return isJsonObject(pace) ? Number(pace['bytesPerSecond']) : Number.NaN;
};

describe('a store that answers slowly', () => {
  test('a healthy one is read in the time there is, and the pace is a measured one', async () => {
    const { on } = ground;
    const sound = await on.act('store.read-pace', { within: '20s' });
    expect(Number(sound['measuredBytes'])).toBeGreaterThan(500_000);
    expect(Number(sound['bytesPerSecond'])).toBeGreaterThan(1_000_000);
    expect(Number(sound['totalBytes'])).toBeGreaterThan(Number(sound['measuredBytes']));
    expect(on.said()).toContain(text(sound['backup']));
    expect(await on.refusal('store.read-pace', { within: 'an hour' })).toMatchObject({ reason: 'invalid' });
    expect(
      await on.refusal('store.read-pace', { within: '20s', before: '2001-01-01T00:00:00.000Z' }),
    ).toMatchObject({ reason: 'check' });
  });

  test('the fault slows it down for everybody, measured before and after, and once only', async () => {
    const { on } = ground;
    const { groundTruth, proof } = await inject();
    expect(paceIn(groundTruth, 'after')).toBeLessThan(128_000);
    expect(paceIn(groundTruth, 'before')).toBeGreaterThan(10 * paceIn(groundTruth, 'after'));
    expect(proof['message']).toMatch(/^it gave \S+ MB\/s before and gives \S+ kB\/s now$/);
    expect(proof['at']).toBe(groundTruth['at']);
    expect((await inject()).groundTruth).toEqual(groundTruth);
    expect(isAlive(findLabProcess(on.lab.paths, 'slow-store')!)).toBe(true);
    // It answers all the same: nothing but a measurement of the pace could tell.
    expect(await ownerStore(on.lab.state()).probe()).toMatchObject({ versioning: true, objectLock: true });
  });

  test('the step fails, names the store and its pace, and says what was measured and what reckoned', async () => {
    const { on } = ground;
    const slow = await on.refusal('store.read-pace', { within: '20s' });
    expect(slow).toMatchObject({ reason: 'check', retryable: true });
    expect(slow.message).toMatch(
      /^the store is too slow: s3:\/\/backups\/copy-1 at http:\S+ gives [\d.]+ kB\/s \(measured over .*take \S+.* to read once at that pace, and may take 20/,
    );
    // Who has the time may go on.
    expect(await on.ok('store.read-pace', { within: '4h' })).toBe(true);
  });
});
