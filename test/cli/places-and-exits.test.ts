import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes, Failure, failureReasons } from '../../src/base/index.js';
import { codeOf, Exit, exitOf } from '../../src/cli/exit.js';
import { findRecord, runIds } from '../../src/cli/find-run.js';
import { prepareState, statePaths } from '../../src/cli/programme-paths.js';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'firedrill-places-')));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('exit codes', () => {
  test.each([
    ['exit-code', 6],
    ['timeout', 6],
    ['cancelled', 130],
    ['check', 1],
    ['unavailable', 6],
    ['refused', 5],
    ['unknown-outcome', 4],
    ['invalid', 3],
  ] as const)('a failure with reason %s ends the program with %d', (reason, code) => {
    const exit = exitOf(new Failure(reason, 'x'));
    expect(exit === undefined ? undefined : codeOf(exit)).toBe(code);
  });

  test('no reason ends with success, and what is no failure is a bug', () => {
    for (const reason of failureReasons) expect(exitOf(new Failure(reason, 'x'))).not.toBe('met');
    expect(exitOf(new TypeError('x'))).toBeUndefined();
    expect(exitOf('x')).toBeUndefined();
    expect(codeOf('bug')).toBe(70);
    expect(exitOf(new Exit('missed'))).toBe('missed');
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('the run that somebody means', () => {
  const ids = [
    '2027-01-17T010203Z-database-corruption-k3f9',
    '2027-01-17T110203Z-database-corruption-m2a1',
    '2027-04-18T010203Z-region-loss-zz00',
  ];
  let programme: string;
  const record = (id: string) => join(programme, 'reports', id);
  beforeAll(() => {
    programme = join(folder, 'programme');
    for (const name of [...ids, 'example', 'notes']) mkdirSync(record(name), { recursive: true });
    for (const name of [...ids, 'example']) writeFileSync(join(record(name), 'journal.jsonl'), '');
    mkdirSync(record('2027-05-01T010203Z-no-journal-aaaa'));
  });

  test.each([
    ['latest', 2],
    ['2027-04', 2],
    ['2027-01-17T01', 0],
    ['2027-01-17T110203Z-database-corruption-m2a1', 1],
  ])('%s', (given, index) => expect(findRecord(programme, given)).toBe(record(ids[index] ?? '')));

  test('a folder, whatever its name, wherever it lies', () => {
    expect(findRecord(programme, 'reports/example')).toBe(record('example'));
    expect(findRecord('/', record('example'))).toBe(record('example'));
    expect(runIds(programme)).toEqual(ids.toReversed());
  });

  test.each([
    ['2027-01-17', /fits 2 runs: .*m2a1, .*k3f9$/, /Type more/],
    ['', /fits 3 runs/, /Type more/],
    [
      '2027-01-17T010203Z-database-corruption-k3f8',
      /^no run/,
      /Did you mean 2027-01-17T010203Z-database-corruption-k3f9\?/,
    ],
    ['2028', /^no run "2028"/, /firedrill runs/],
    ['example', /^no run/, /firedrill runs/],
    ['../programme', /is no record of a run: it has no journal.jsonl/, /firedrill runs/],
  ])('not %j', (given, said, hint) => {
    let thrown: unknown;
    try {
      findRecord(programme, given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Exit);
    expect(thrown).toMatchObject({
      exit: 'usage',
      message: expect.stringMatching(said) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  test('in a programme without runs there is none', () => {
    expect(runIds(join(folder, 'nowhere'))).toEqual([]);
    expect(() => findRecord(folder, 'latest')).toThrow(/no run "latest"/);
  });
});

describe('where a programme keeps what is no evidence', () => {
  const isRoot = process.getuid?.() === 0;
  const made = (name: string, mode: number) => {
    const directory = join(folder, name, 'programme');
    mkdirSync(directory, { recursive: true });
    chmodSync(join(folder, name), mode);
    return directory;
  };

  test('in itself, where the server can reach it', () => {
    const directory = made('open', 0o711);
    const paths = statePaths(directory, 'run');
    expect(paths.labs).toBe(join(directory, '.firedrill', 'labs'));
    expect(paths.lab).toBe(join(paths.labs, 'run'));
    prepareState(paths);
    expect(statSync(paths.root).mode & 0o777).toBe(0o755);
    expect(statSync(paths.scratch).mode & 0o777).toBe(0o700);
  });

  test("in a closed folder only root's labs go elsewhere, where the server's account can reach them", () => {
    const closed = statePaths(made('closed', 0o700), 'run');
    expect(closed.root).toBe(join(folder, 'closed', 'programme', '.firedrill'));
    if (!isRoot) {
      expect(closed.labs).toBe(join(closed.root, 'labs'));
      return;
    }
    expect(closed.lab).toMatch(/^\/var\/tmp\/firedrill-labs-[0-9a-f]{12}\/run$/);
    expect(statePaths(made('closed', 0o700), 'run')).toEqual(closed);
    const other = statePaths(made('other', 0o750), 'run');
    expect(other.labs).toMatch(/^\/var\/tmp\//);
    expect(other.labs).not.toBe(closed.labs);
    // Asking makes nothing.
    expect(existsSync(closed.labs)).toBe(false);
  });
});
