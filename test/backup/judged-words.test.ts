import { describe, expect, it } from 'vitest';
import { partDifferences } from '../../src/backup/verify/expected-losses.js';
import { readVerified } from '../../src/backup/verify/read-repository.js';
import { together } from '../../src/backup/index.js';

describe('differences that were announced', () => {
  const losses = [
    'index app.broken in database shop (it is invalid, and a dump leaves it out)',
    'enabled of constraint f app.pays on app.sale in database shop (it comes back switched on)',
    'policy app.sale mine in database shop (made up)',
    'replication slot feed (whoever followed must be set up anew)',
  ];
  const of = (difference: string) => partDifferences([difference], losses).announced.length === 1;

  it('are those that a loss names, in its database, whole or by every attribute that differs', () => {
    expect(of('shop: indexes app.broken is missing')).toBe(true);
    expect(of('shop: policies app.sale mine is missing')).toBe(true);
    expect(of('shop: constraints f app.pays on app.sale is different: enabled')).toBe(true);
  });

  it('are not those of another database, another name, or with more attributes', () => {
    expect(of('other: indexes app.broken is missing')).toBe(false);
    expect(of('shop: indexes app.broken_too is missing')).toBe(false);
    expect(of('shop: constraints f app.pays on app.sale is different: definition, enabled')).toBe(false);
    expect(of('shop: constraints f app.pays on app.sale is missing')).toBe(false);
    expect(of('*: roles feed is missing')).toBe(false);
  });
});

describe('what pgbackrest verify says', () => {
  const text = (status: string, invalid: number, missing: number) => `
stanza: main
status: ok
  archiveId: 15-1, total WAL checked: 5, total valid WAL: 5
    missing: ${missing}, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20270117-010203F, status: ${status}, total files checked: 970, total valid files: 970
    missing: 0, checksum invalid: ${invalid}, size invalid: 0, other: 0
`;

  it('is judged by its numbers and words', () => {
    expect(readVerified(text('valid', 0, 0))).toMatchObject({
      backups: [{ valid: true }],
      archiveProblems: [],
    });
    expect(readVerified(text('invalid', 1, 0)).backups).toMatchObject([{ valid: false }]);
    expect(readVerified(text('valid', 1, 0)).backups).toMatchObject([{ valid: false }]);
    expect(readVerified(text('valid', 0, 2)).archiveProblems).toHaveLength(1);
    expect(() => readVerified('')).toThrow('did not say what it found');
  });
});

describe('several parts of one test', () => {
  const part = (verdict: 'pass' | 'fail' | 'not-run') => ({ verdict, evidence: [verdict] });

  it('fail when one fails, and are not run when one is not', () => {
    expect(together([part('pass'), part('not-run'), part('fail')])).toEqual(part('fail'));
    expect(together([part('pass'), part('not-run')])).toEqual(part('not-run'));
    expect(together([part('pass'), part('pass')]).verdict).toBe('pass');
  });
});
