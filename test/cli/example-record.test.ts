import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { registerStart } from '../../src/evidence/index.js';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'firedrill-example-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the shipped example record is intact, and its report follows from its journal with this very program', async () => {
  const ended = await runProgram(['audit', 'reports/example']);
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(/^INTACT/);
  expect(ended.stdout).not.toContain('not re-checked');
});

test('it stays intact beside a register of other runs, which says only that it is about others', async () => {
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  cpSync('reports/example', join(reports, 'example'), { recursive: true });
  const runId = '2027-01-17T010203Z-database-corruption-k3f9';
  mkdirSync(join(reports, runId));
  await registerStart(
    join(reports, 'register.jsonl'),
    { runId, planSha256: 'a'.repeat(64), mode: 'drill' },
    '2027-01-17T01:02:03.000Z',
  );
  const ended = await runProgram(['audit', 'reports/example', '--directory', folder]);
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(/^INTACT/);
  expect(ended.stdout).toContain('the one beside this folder is about other runs');
});
