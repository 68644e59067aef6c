import { describe, expect, test } from 'vitest';
import stringWidth from 'string-width';
import type { Proof } from '../../src/backup/index.js';
import type { KeptRow } from '../../src/cli/backup/list-kept.js';
import type { SetRow } from '../../src/cli/backup/list-sets.js';
import { backupLines, type BackupDone } from '../../src/cli/backup/render-backup.js';
import { keptLines } from '../../src/cli/backup/render-kept.js';
import { setLines } from '../../src/cli/backup/render-sets.js';
import { proofSummary } from '../../src/cli/backup/render-verification.js';
import { archiveLines } from '../../src/cli/backup/replace-cluster.js';

const row: SetRow = {
  ...{ id: '2027-01-17T021500Z-physical-79f726', source: 'hourly', way: 'physical' as const },
  ...{ takenAt: '2027-01-17T02:15:00Z', bytes: 9_800_000, encrypted: true, stores: ['near', 'offsite'] },
  ...{ verified: { at: '2027-01-17T02:45:00Z', countersigned: true }, strangers: [], lockedUntil: null },
};
const now = new Date('2027-01-17T03:15:00Z');
const listed = (sets: readonly SetRow[], width?: number) =>
  setLines({ sets, broken: [], unreachable: [] }, now, false, width);

describe('the list of backups', () => {
  test('is a table where that fits, and whole on a terminal of 80 columns', () => {
    const wide = listed([row]);
    expect(wide).toHaveLength(2);
    expect(listed([row], Math.max(...wide.map((line) => stringWidth(line))))).toEqual(wide);
    const narrow = listed([row, { ...row, lockedUntil: '2027-04-17T02:15:00Z', verified: null }], 80);
    expect(Math.max(...narrow.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
    const text = narrow.join('\n');
    for (const part of [row.id, '9.8 MB', '1 hour', 'hourly', 'near, offsite', '30 minutes ago', 'never'])
      expect(text).toContain(part);
    expect(text).toContain('verified: 30 minutes ago, countersigned\n');
    expect(text).toContain('locked until 2027-04-17 02:15');
  });

  test('a set that a key nobody trusts here vouches for is not just “never verified”', () => {
    const lines = listed([{ ...row, verified: null, strangers: ['7ef03cdf04e8b901'] }, row]).slice(3);
    expect(lines.join('\n')).toMatch(
      /^\? of 1 of these .* not trusted here \(7ef03cdf04e8b901\): that counts for nothing\n.*trustFiles/,
    );
    // Where a trusted key vouches for it, a stranger adds nothing.
    expect(listed([{ ...row, strangers: ['7ef03cdf04e8b901'] }])).toHaveLength(2);
  });
});

test('what is kept is listed with commands that name the environment, within 80 columns', () => {
  const kept: KeptRow = {
    ...{ name: 'rides_before_20270117T021500Z', kind: 'database', of: 'database rides' },
    ...{ at: '2027-01-17T02:15:00.123Z', bytes: 27_500_000, accepted: false, unfinished: false },
    ...{ directory: null, database: 'rides', safety: null, store: null, goes: 'not before it is accepted' },
  };
  const listing = { rows: [kept], problems: [] };
  const wide = keptLines('production', listing, false).join('\n');
  expect(wide).toContain('firedrill restore --accept <kept> --environment production');
  expect(wide).toContain('firedrill restore --roll-back <kept> --environment production');
  const narrow = keptLines('production', listing, false, 80);
  expect(Math.max(...narrow.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
  for (const part of [kept.name, 'of database rides', '2027-01-17T02:15:00Z', '27.5 MB', kept.goes])
    expect(narrow.join('\n')).toContain(part);
});

test('faults that could not be seeded are counted beside those that were caught', () => {
  const proof: Proof = {
    ...{ set: 's', caught: 25, total: 25, startedAt: '', endedAt: '', controls: [] },
    skipped: [{ id: 'y', title: 'wrong key', test: 2, why: 'the set is not encrypted' }],
  };
  expect(proofSummary(proof)).toBe(' · 25/25 seeded faults caught · 1 not exercised');
  expect(proofSummary({ ...proof, skipped: [] })).toBe(' · 25/25 seeded faults caught');
});

test('the archive that a restore left off is one warning, and none where nothing was', () => {
  expect(archiveLines([])).toEqual([]);
  const [first = ''] = archiveLines(["archive_mode = 'off'", "archive_command = ''"]);
  expect(first).toContain("archive_mode = 'off', archive_command = ''");
});

test('what to type next says that it needs a key, where none of this machine opens the set', () => {
  const set: NonNullable<BackupDone['set']> = {
    ...{ id: 's', way: 'physical', store: 'near', where: 'folder /b', directory: '/b/s' },
    ...{ bytes: 1, serverBytes: 2, durationMs: 3, encryptedFor: ['age1x operations'], losses: [] },
    ...{ expectation: { kind: 'partial', source: 'counts' }, sealedHere: true },
  };
  const lines = (sealedHere: boolean) =>
    backupLines(
      { policy: 'hourly', environment: 'production', set: { ...set, sealedHere }, copies: [] },
      false,
    ).join('\n');
  expect(lines(true)).toMatch(
    /firedrill verify s --full --policy hourly\n +on a machine that has an identity/,
  );
  expect(lines(false)).not.toContain('on a machine');
});
