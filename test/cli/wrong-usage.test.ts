import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';

const folder = mkdtempSync(join(tmpdir(), 'firedrill-wrong-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const run = (...args: string[]) => runProgram(['--directory', folder, ...args]);
let count = 0;
const record = (change: (place: string) => void): string => {
  const place = at(`record-${(count += 1)}`);
  cpSync('reports/example', place, { recursive: true });
  change(place);
  return place;
};

describe('what was typed wrongly is said, never a bug, and never a success', () => {
  writeFileSync(at('file'), 'x');
  mkdirSync(at('empty'));
  test.each([
    ['a folder that is not there', ['--directory', at('nosuch'), 'runs'], 'there is no such folder'],
    ['a file for a folder', ['--directory', at('file'), 'backups'], 'it is a file'],
    ['too much', ['runs', 'extra'], "too many arguments for 'runs'"],
    ['too little', ['schema'], '`firedrill schema --help`'],
    ['a part of a command that is not there', ['lab', 'foo'], '`firedrill lab --help`'],
    ['a folder without documents', ['validate', at('empty')], `no document lies in ${at('empty')}`],
    ['a folder that is no record', ['audit', at('empty')], 'it has no journal.jsonl'],
    ['a file that is no record', ['report', at('file')], 'is no record of a run: it is a file'],
    ['a lab that is not there', ['lab', 'status', 'nosuch'], 'there is no lab "nosuch"'],
    [
      'keys in a file that is not there',
      ['audit', 'reports/example', '--trust', at('nosuch')],
      'no such file',
    ],
    ['a code that is none', ['audit', 'reports/example', '--expect-head', 'zz'], 'is no code of a record'],
  ])('%s', async (_what, args, said) => {
    const ended = await runProgram(args);
    expectExit(ended, 2);
    expect(ended.stderr).toMatch(/^firedrill: /);
    expect(ended.stderr).toContain(said);
  });

  test('in JSON mode, what the command line itself refuses is a document, too', async () => {
    const ended = await runProgram(['--format', 'json', 'runs', 'extra']);
    expectExit(ended, 2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ v: 1, kind: 'failure', data: { reason: 'usage' } });
  });

  test('a configuration that is a folder, and none at all', async () => {
    const none = await run('backups');
    expectExit(none, 6);
    expect(none.stderr).toContain(`There is no firedrill.yaml in ${folder}`);
    mkdirSync(at('firedrill.yaml'));
    for (const command of ['validate', 'backups']) {
      const ended = await run(command);
      expectExit(ended, 2);
      expect(ended.stderr).toContain('firedrill.yaml cannot be read: it is a folder');
    }
    rmSync(at('firedrill.yaml'), { recursive: true });
  });
});

describe('a record whose files are damaged', () => {
  test('is not watched with another plan than its own, nor without one', async () => {
    const other = await run(
      'watch',
      record((place) => writeFileSync(join(place, 'plan.json'), '{}')),
    );
    expectExit(other, 5);
    expect(other.stderr).toContain('is not the one that its journal names');
    const none = await run(
      'watch',
      record((place) => rmSync(join(place, 'plan.json'))),
    );
    expectExit(none, 3);
    expect(none.stderr).toContain('there is no such file');
  });

  test.each([
    ['emptied', 0],
    ['cut', 100],
  ])('is never carried on when its journal was %s after it was sealed', async (_how, lines) => {
    const place = record((one) => {
      const text = readFileSync(join(one, 'journal.jsonl'), 'utf8');
      writeFileSync(
        join(one, 'journal.jsonl'),
        text
          .split('\n')
          .slice(0, lines)
          .map((line) => `${line}\n`)
          .join(''),
      );
    });
    const before = readFileSync(join(place, 'journal.jsonl'), 'utf8');
    const ended = await run('resume', place);
    expectExit(ended, 5);
    expect(ended.stderr).toContain('was sealed, but its journal has no end any more');
    expect(readFileSync(join(place, 'journal.jsonl'), 'utf8')).toBe(before);
    expect(existsSync(at('.firedrill'))).toBe(false);
  });
});
