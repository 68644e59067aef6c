import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followLedger, nextAcknowledged, trackFigures, type LedgerLine } from '../../src/sentinel/index.js';
import { openLedger, type LedgerWriter } from '../../src/sentinel/ledger-writer.js';
import { eventually } from '../lab/lab-fixture.js';

let directory: string;
let file: string;
let stop: () => void = () => undefined;
let seen: LedgerLine[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'firedrill-follow-'));
  file = join(directory, 'ledger.jsonl');
  seen = [];
});
afterEach(() => {
  stop();
  rmSync(directory, { recursive: true, force: true });
});
const follow = (afterSeq: number) => (stop = followLedger(file, afterSeq, (line) => seen.push(line)));
const commit = (ledger: LedgerWriter, id: number) => ledger.append({ kind: 'commit', id, latencyMs: 1 });
const arrived = (count: number) => eventually(`${count} lines`, () => seen.length >= count);

describe('following a ledger', () => {
  it('waits for the file, hands out every line once and in order, then each new one', async () => {
    follow(0);
    const ledger = openLedger(file, directory);
    for (let id = 1; id <= 5; id += 1) commit(ledger, id);
    await arrived(5);
    commit(ledger, 6);
    await arrived(6);
    expect(seen.map((line) => line.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    ledger.close();
  });

  it('starts after the line that was known already', async () => {
    const ledger = openLedger(file, directory);
    for (let id = 1; id <= 4; id += 1) commit(ledger, id);
    follow(3);
    await arrived(1);
    expect(seen.map((line) => line.seq)).toEqual([4]);
    ledger.close();
  });

  it('hands out a line only when it is whole', async () => {
    const ledger = openLedger(file, directory);
    commit(ledger, 1);
    commit(ledger, 2);
    ledger.close();
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 20));
    follow(0);
    await arrived(1);
    appendFileSync(file, whole.subarray(whole.length - 20));
    await arrived(2);
    expect(seen.map((line) => line.seq)).toEqual([1, 2]);
  });

  it('is not confused by a torn line that was set aside after a crash', async () => {
    const before = openLedger(file, directory);
    commit(before, 1);
    before.close();
    appendFileSync(file, '{"v":1,"seq":2,"prev":"a line much longer than the one that will take its place');
    follow(0);
    await arrived(1);
    const after = openLedger(file, directory);
    commit(after, 1001);
    commit(after, 1002);
    await arrived(3);
    expect(seen.map((line) => line.seq)).toEqual([1, 2, 3]);
    after.close();
  });

  it('hands out nothing after it was stopped', async () => {
    const ledger = openLedger(file, directory);
    commit(ledger, 1);
    follow(0);
    await arrived(1);
    stop();
    commit(ledger, 2);
    const other: LedgerLine[] = [];
    stop = followLedger(file, 0, (line) => other.push(line));
    await eventually('the other follower', () => other.length === 2);
    expect(seen).toHaveLength(1);
    ledger.close();
    truncateSync(file, 0);
  });
});

describe('waiting for an acknowledged write', () => {
  it('takes none that was acknowledged before', async () => {
    const ledger = openLedger(file, directory);
    commit(ledger, 1);
    const next = nextAcknowledged(file, 10_000, new AbortController().signal);
    await new Promise((resolve) => setTimeout(resolve, 50));
    ledger.append({ kind: 'state', what: 'write', state: 'ok', detail: '' });
    commit(ledger, 2);
    expect(await next).toEqual({ id: 2, latencyMs: 1 });
    ledger.close();
  });

  it('gives up in time, and at once when it is cancelled', async () => {
    const cancelling = new AbortController();
    await expect(nextAcknowledged(file, 50, cancelling.signal)).rejects.toMatchObject({ reason: 'timeout' });
    const waiting = nextAcknowledged(file, 60_000, cancelling.signal);
    cancelling.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'cancelled' });
  });
});

describe('the figures of a growing ledger', () => {
  it('say how many writes were acknowledged, how long ago the last was, and since when something fails', async () => {
    const tracked = trackFigures(file);
    stop = () => tracked.stop();
    expect(tracked.figures()).toEqual({ acknowledged: 0, failingForMs: null, lastWriteAgoMs: null });
    const ledger = openLedger(file, directory);
    commit(ledger, 1);
    commit(ledger, 2);
    ledger.append({ kind: 'state', what: 'read', state: 'failing', detail: '' });
    await eventually('the failing', () => tracked.figures().failingForMs !== null);
    const figures = tracked.figures();
    expect(figures.acknowledged).toBe(2);
    expect(figures.lastWriteAgoMs).toBeGreaterThanOrEqual(figures.failingForMs!);
    ledger.append({ kind: 'state', what: 'write', state: 'ok', detail: '' });
    ledger.append({ kind: 'state', what: 'read', state: 'ok', detail: '' });
    await eventually('the end of it', () => tracked.figures().failingForMs === null);
    ledger.close();
  });
});
