import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { ledgerHead, readLedger } from '../../src/sentinel/index.js';
import { openLedger } from '../../src/sentinel/ledger-writer.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'firedrill-ledger-'));
  file = join(directory, 'ledger.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function writeSession(ids: readonly number[]): void {
  const ledger = openLedger(file, directory);
  ledger.append({ kind: 'opened', resolutionMs: 250, pid: 42 });
  for (const id of ids) ledger.append({ kind: 'commit', id, latencyMs: 1.5 });
  ledger.append({ kind: 'state', what: 'read', state: 'failing', detail: 'page verification failed — 損' });
  ledger.close();
}

describe('a ledger', () => {
  it('can be checked with nothing but the bytes of its lines', () => {
    writeSession([1, 2, 3]);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    lines.forEach((line, index) => {
      const { prev, seq } = JSON.parse(line) as { prev: string; seq: number };
      expect(seq).toBe(index + 1);
      expect(prev).toBe(index === 0 ? '0'.repeat(64) : sha256Hex(lines[index - 1]!));
    });
  });

  it('is read back as it was written, without problems', () => {
    writeSession([7, 9]);
    const { lines, problems } = readLedger(readFileSync(file, 'utf8'));
    expect(problems).toEqual([]);
    expect(lines.map((line) => line.kind)).toEqual(['opened', 'commit', 'commit', 'state']);
  });

  it('goes on with its chain in a later session and knows the greatest id', () => {
    writeSession([5, 6]);
    const again = openLedger(file, directory);
    expect(again.greatestId).toBe(6);
    again.append({ kind: 'commit', id: 1006, latencyMs: 0 });
    again.close();
    expect(readLedger(readFileSync(file, 'utf8')).problems).toEqual([]);
  });

  it('cut at any byte is taken up again with an unbroken chain, and what was torn is kept aside', () => {
    writeSession([1, 2]);
    const whole = readFileSync(file);
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      rmSync(join(directory, 'ledger.torn'), { force: true });
      const ledger = openLedger(file, directory);
      ledger.append({ kind: 'opened', resolutionMs: 250, pid: 43 });
      ledger.close();
      const text = readFileSync(file, 'utf8');
      expect(readLedger(text).problems).toEqual([]);
      const kept = whole.subarray(0, length).lastIndexOf('\n') + 1;
      expect(readFileSync(file).subarray(0, kept)).toEqual(whole.subarray(0, kept));
      if (kept < length)
        expect(readFileSync(join(directory, 'ledger.torn')).subarray(0, length - kept)).toEqual(
          whole.subarray(kept, length),
        );
    }
  });

  it('has a head: the hash of its last whole line, and how many commits were acknowledged', async () => {
    expect(await ledgerHead(file)).toEqual({ seq: 0, sha256: '0'.repeat(64), acknowledged: 0 });
    writeSession([1, 2, 3]);
    const text = readFileSync(file, 'utf8');
    const expected = { seq: 5, sha256: sha256Hex(text.trimEnd().split('\n').at(-1)!), acknowledged: 3 };
    expect(await ledgerHead(file)).toEqual(expected);
    writeFileSync(file, `${text}{"v":1,"seq":6,"pr`);
    expect(await ledgerHead(file)).toEqual(expected);
  });
});

describe('reading a ledger that somebody changed', () => {
  const session = () => {
    writeSession([1, 2, 3]);
    return readFileSync(file, 'utf8');
  };
  const edit = (change: (lines: string[]) => string[]) => {
    const lines = session().trimEnd().split('\n');
    return readLedger(`${change(lines).join('\n')}\n`).problems.map(
      ({ line, problem }) => `${line}: ${problem}`,
    );
  };

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['a line left out', (all) => all.toSpliced(2, 1), /^3: sequence number is 4, expected 3/],
    ['two lines exchanged', (all) => [all[0]!, all[2]!, all[1]!, all[3]!, all[4]!], /^2: sequence number/],
    ['a time changed', (all) => all.with(1, all[1]!.replace(/"at":"2/, '"at":"3')), /^3: does not follow/],
    ['not JSON', (all) => all.with(2, 'x'), /^3: not JSON/],
    ['an array', (all) => all.with(2, '[]'), /^3: not an object/],
    ['an unknown kind', (all) => all.with(2, all[2]!.replace('commit', 'wish')), /^3: unknown kind 'wish'/],
    [
      'a kind named like a member of every object',
      (all) => all.with(2, all[2]!.replace('commit', 'constructor')),
      /unknown kind/,
    ],
    [
      'an unknown key',
      (all) => all.with(2, all[2]!.replace('{', '{"note":"trust me",')),
      /^3: unknown key 'note'/,
    ],
    [
      'an id as text',
      (all) => all.with(2, all[2]!.replace('"id":2', '"id":"2"')),
      /^3: key 'id' is missing or wrong/,
    ],
    ['a negative latency', (all) => all.with(2, all[2]!.replace('1.5', '-1')), /key 'latencyMs'/],
    [
      'a time that is none',
      (all) => all.with(2, all[2]!.replace(/"at":"[^"]*"/, '"at":"yesterday"')),
      /key 'at'/,
    ],
    [
      'an id used again',
      (all) => all.with(3, all[3]!.replace('"id":3', '"id":2')),
      /^4: canary 2 does not come after canary 2/,
    ],
    ['another version', (all) => all.with(0, all[0]!.replace('"v":1', '"v":2')), /^1: key 'v'/],
  ])('names %s', (_, change, expected) => {
    expect(edit(change).join('\n')).toMatch(expected);
  });

  it('says when the last line is torn', () => {
    expect(readLedger(session().slice(0, -3)).problems).toEqual([
      { line: 5, problem: 'the last line is not complete' },
    ]);
  });

  it('notices any single changed byte in any line but the last', () => {
    const text = session();
    const limit = text.trimEnd().lastIndexOf('\n');
    fc.assert(
      fc.property(fc.nat(limit - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const character = String.fromCharCode(code);
        fc.pre(text[at] !== character);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        expect(readLedger(changed).problems.length).toBeGreaterThan(0);
      }),
    );
  });

  it('never throws, whatever stands there', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readLedger(text)));
    fc.assert(fc.property(fc.array(fc.json()), (all) => void readLedger(all.join('\n'))));
  });
});
