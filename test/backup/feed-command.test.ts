import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { feedCommand } from '../../src/backup/index.js';

const folder = mkdtempSync(join(tmpdir(), "firedrill 100% o'clock "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const target = join(folder, 'target');

/** As PostgreSQL calls it: %f, %p and %% are replaced, and a shell runs the rest. */
function fetch(directory: string, name: string, into = target): number | null {
  const replaced = feedCommand(directory).replace(/%[fp%]/g, (one) =>
    one === '%f' ? name : one === '%p' ? into : '%',
  );
  return spawnSync('/bin/sh', ['-c', replaced]).status;
}

describe('what a running standby fetches its log with', () => {
  test('gives whole segments before one that is being received', () => {
    writeFileSync(join(folder, 'both'), 'whole', { mode: 0o400 });
    writeFileSync(join(folder, 'both.partial'), 'part');
    writeFileSync(join(folder, 'one.partial'), 'part');
    expect(fetch(folder, 'both')).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('whole');
    expect(fetch(folder, 'one')).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('part');
  });

  test('never says more than "not there": anything above would shut the standby down for good', () => {
    expect(fetch(folder, 'absent')).toBe(1);
    expect(fetch(join(folder, 'no such folder'), 'absent')).toBe(1);
    mkdirSync(join(folder, 'a folder'));
    expect(fetch(folder, 'a folder')).toBe(1);
    expect(fetch(folder, 'both', join(folder, 'no such folder', 'target'))).toBe(1);
  });
});
