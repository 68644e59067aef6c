import { describe, expect, test } from 'vitest';
import type { ListedSet, Verification } from '../../src/backup/index.js';
import { choosePolicies } from '../../src/cli/backup/choose-policy.js';
import { columns } from '../../src/cli/backup/columns.js';
import { progressText, stageStart } from '../../src/cli/backup/progress-text.js';
import { recoveryOption } from '../../src/cli/backup/recovery-option.js';
import { backupLines } from '../../src/cli/backup/render-backup.js';
import { proofLines, testLines, verificationSummary } from '../../src/cli/backup/render-verification.js';
import { restoreMode, servesMode, type RestoreOptions } from '../../src/cli/backup/restore-mode.js';
import type { BackupConfiguration } from '../../src/cli/backup/read-configuration.js';
import { showProgress } from '../../src/cli/backup/show-progress.js';
import { syslogTarget } from '../../src/cli/backup/syslog.js';
import { codeOf, Exit } from '../../src/cli/exit.js';
import { openDeclared, readDeclared, stateFile } from '../../src/actions/index.js';
import { Failure } from '../../src/base/index.js';
import { load } from '../language/reading.js';

/** What a wrong command line says, with its exit code. */
function usage(work: () => unknown): [number, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof Exit) return [codeOf(error.exit), `${error.message} | ${error.hint ?? ''}`];
    throw error;
  }
  throw new Error('it was accepted');
}

describe('progress', () => {
  const start = { stage: 'copying', atMs: 0, doneBytes: 0 };
  test('bytes, share, rate and the time left', () => {
    const now = { stage: 'copying', doneBytes: 250e6, totalBytes: 1e9 };
    expect(progressText(now, start, 5000)).toBe('copying: 250.0 MB of 1.0 GB (25 %), 50.0 MB/s, 15.0s left');
  });
  test('what is not known is left out, and no rate is guessed from an instant', () => {
    expect(progressText({ stage: 'hashing' }, start, 5000)).toBe('hashing');
    expect(progressText({ stage: 'copying', doneBytes: 5e6 }, start, 10)).toBe('copying: 5.0 MB');
    expect(progressText({ stage: 'copying', doneBytes: 0, totalBytes: 0 }, start, 5000)).toBe('copying: 0 B');
  });
  test('what a resumed copy finds there already is not its speed', () => {
    const began = stageStart(null, { stage: 'copying', doneBytes: 900e6 }, 0);
    const now = { stage: 'copying', doneBytes: 910e6, totalBytes: 1e9 };
    expect(progressText(now, began, 1000)).toContain('10.0 MB/s, 9.0s left');
  });
  const stream = (isTTY: boolean) => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    return { written, stream: { isTTY, columns: 40, write } as unknown as NodeJS.WriteStream };
  };
  test('a pipe gets a line a stage, a terminal one line that is taken away, quiet nothing', () => {
    const pipe = stream(false);
    const view = showProgress({ quiet: false }, pipe.stream);
    view.report({ stage: 'copying', doneBytes: 1 });
    view.report({ stage: 'copying', doneBytes: 2 });
    view.report({ stage: 'hashing' });
    view.clear();
    expect(pipe.written).toEqual(['copying: 1 B\n', 'hashing\n']);
    const terminal = stream(true);
    const moving = showProgress({ quiet: false }, terminal.stream);
    moving.report({ stage: `copying ${'x'.repeat(100)}` });
    moving.clear();
    expect(terminal.written.join('')).toMatch(/^\r\u001b\[K.{39}\r\u001b\[K$/);
    const none = stream(true);
    showProgress({ quiet: true }, none.stream).report({ stage: 'copying' });
    expect(none.written).toEqual([]);
  });
});

test('columns line up, whatever the width of a letter', () => {
  expect(
    columns(
      [
        ['a', '1', 'x'],
        ['日本', '100', 'y'],
      ],
      [1],
    ),
  ).toEqual(['a       1  x', '日本  100  y']);
});

describe('which policy is meant', () => {
  const read = (policies: string, more = ''): BackupConfiguration => {
    const database = '{host: h, port: 1, name: n, user: u}';
    const rest = `database: ${database}, fingerprint: {systemIdentifier: "7412345678901234567", host: h, port: 1}, policy: {}`;
    const document = load(
      'Configuration',
      `apiVersion: firedrill/v1\nkind: Configuration\nprogramme: {name: x}\nenvironments:\n  lab: {kind: lab}\n  production: {kind: declared, store: main, ${rest}}\n${more === '' ? '' : `  second: {kind: declared, store: ${more}, ${rest}}\n`}stores: {main: {kind: local, directory: /b}, other: {kind: local, directory: /c}}\npolicies: ${policies}\n`,
    );
    return {
      environments: document.environments ?? {},
      stores: document.stores ?? {},
      policies: document.policies ?? {},
    };
  };
  const two =
    '{hourly: {way: physical, store: main, interval: 1h}, daily: {way: logical, store: main, interval: 1d}}';
  const names = (wanted: Parameters<typeof choosePolicies>[1], configuration: BackupConfiguration) =>
    choosePolicies(configuration, wanted).map((one) => `${one.policy}/${one.environment}/${one.way}`);

  test('the only one, the one that is named, the one of that way, all of them', () => {
    const one = read('{hourly: {way: physical, store: main, interval: 1h}}');
    expect(names({}, one)).toEqual(['hourly/production/physical']);
    expect(names({ policy: 'daily' }, read(two))).toEqual(['daily/production/logical']);
    expect(names({ way: 'logical' }, read(two))).toEqual(['daily/production/logical']);
    expect(names({ all: true }, read(two))).toHaveLength(2);
  });
  test('an environment without a policy is its own; a lab has both ways built in', () => {
    expect(names({}, read('{}'))).toEqual(['production/production/physical']);
    expect(names({ way: 'logical' }, read('{}'))).toEqual(['production/production/logical']);
    expect(names({ environment: 'lab' }, read(two))).toEqual(['lab/lab/physical', 'lab/lab/logical']);
    expect(names({}, { environments: {}, stores: {}, policies: {} })).toHaveLength(2);
  });
  test('what is ambiguous or unknown names what there is', () => {
    expect(usage(() => names({}, read(two)))).toEqual([2, expect.stringMatching(/hourly, daily \| .*--all/)]);
    expect(usage(() => names({ policy: 'horly' }, read(two)))).toEqual([
      2,
      expect.stringMatching(/Did you mean hourly/),
    ]);
    expect(usage(() => names({ environment: 'prodution' }, read(two)))).toEqual([
      2,
      expect.stringMatching(/Did you mean production/),
    ]);
    expect(usage(() => names({ way: 'pgbackrest' }, read(two)))).toEqual([
      2,
      expect.stringMatching(/only physical or logical/),
    ]);
    expect(usage(() => names({}, read('{}', 'other')))).toEqual([
      2,
      expect.stringMatching(/production, second/),
    ]);
    const lost = read('{hourly: {way: physical, store: main, interval: 1h}}', 'main');
    expect(usage(() => names({}, lost))).toEqual([
      2,
      expect.stringMatching(/does not say which environment/),
    ]);
  });
});

describe('how a restore is typed', () => {
  const none = {
    ...{ inPlace: false, replace: false, throwAway: false, kept: false, identity: [], force: false },
  } satisfies RestoreOptions;
  test('each way, as what it means', () => {
    expect(restoreMode({ ...none, into: 'x', port: '5433' }, '/p')).toEqual({
      kind: 'cluster',
      directory: '/p/x',
      port: 5433,
      until: 'latest',
    });
    expect(restoreMode({ ...none, database: 'a', as: 'b' }, '/p')).toEqual({
      kind: 'beside',
      database: 'a',
      as: 'b',
    });
    expect(restoreMode({ ...none, database: 'a', replace: true }, '/p')).toEqual({
      kind: 'replace',
      database: 'a',
    });
    const tables = { kind: 'tables', until: 'latest', rows: 'missing', throwAway: false };
    expect(restoreMode({ ...none, table: ['t'], intoDatabase: 'a' }, '/p')).toEqual({
      ...{ ...tables, tables: ['t'], database: 'a' },
    });
    const given = {
      table: ['s.a, s."b,c"', 'd'],
      rows: 'all',
      throwAway: true,
      to: ['lsn', '0/3000060'],
    } as const;
    expect(restoreMode({ ...none, ...given }, '/p')).toEqual({
      ...{ ...tables, tables: ['s.a', 's."b,c"', 'd'], database: null },
      ...{ rows: 'all', throwAway: true, until: { lsn: '0/3000060' } },
    });
    expect(restoreMode({ ...none, inPlace: true }, '/p')).toEqual({ kind: 'in-place', until: 'latest' });
  });
  test.each<[Partial<RestoreOptions>, RegExp]>([
    [{}, /what to restore/],
    [{ into: 'x', database: 'a' }, /exclude/],
    [{ database: 'a' }, /exactly one of --as and --replace/],
    [{ database: 'a', as: 'b', replace: true }, /exactly one/],
    [{ into: 'x', replace: true }, /--replace goes with --database/],
    [{ database: 'a', as: 'b', to: ['latest'] }, /--to goes with --into/],
    [{ table: [' ,'] }, /names no table/],
    [{ inPlace: true, into: 'x' }, /exclude/],
    [{ into: 'x', rows: 'all' }, /--rows goes with --table/],
    [{ table: ['t'], throwAway: true }, /--throw-away goes with --rows all/],
    [{ database: 'a', as: 'b', intoDatabase: 'c' }, /--into-database goes with --table/],
    [{ into: 'x', port: '70000' }, /no port/],
  ])('%o does not go together', (own, says) => {
    expect(usage(() => restoreMode({ ...none, ...own }, '/p'))).toEqual([2, expect.stringMatching(says)]);
  });
  test('a target has a kind, a value, and, for a time, an offset', () => {
    expect(recoveryOption(undefined)).toBe('latest');
    expect(recoveryOption(['time', '2027-01-17T09:00:00+08:00'])).toEqual({
      time: '2027-01-17T01:00:00.000Z',
    });
    expect(recoveryOption(['lsn=0/3000060'])).toEqual({ lsn: '0/3000060' });
    expect(recoveryOption(['xid', '42'])).toEqual({ xid: '42' });
    expect(recoveryOption(['name', 'before-deploy'])).toEqual({ name: 'before-deploy' });
    for (const words of [
      ['time', '2027-01-17 09:00'],
      ['time', 'soon+08:00'],
      ['lsn', '3000060'],
      ['xid', 'x'],
      ['day', '1'],
      ['time'],
      ['lsn', '0/1', 'latest'],
    ])
      expect(usage(() => recoveryOption(words))[0]).toBe(2);
  });
  test('the latest set that can serve is one of the right kind, complete before the target', () => {
    const set = (manifest: unknown) => ({ manifest }) as ListedSet;
    const dump = set({
      kind: 'logical',
      times: { serverEnded: '2027-01-17T00:00:00.000Z' },
      dump: { databases: [{ name: 'a' }] },
    });
    const files = set({ kind: 'physical', times: { serverEnded: '2027-01-17T02:00:00.000Z' } });
    const cluster = restoreMode({ ...none, into: 'x', to: ['time', '2027-01-17T01:00:00Z'] }, '/');
    expect([servesMode(cluster, files), servesMode(cluster, dump)]).toEqual([false, false]);
    expect(
      servesMode(restoreMode({ ...none, into: 'x', to: ['time', '2027-01-17T03:00:00Z'] }, '/'), files),
    ).toBe(true);
    expect(servesMode({ kind: 'replace', database: 'a' }, dump)).toBe(true);
    expect(servesMode({ kind: 'replace', database: 'b' }, dump)).toBe(false);
    expect(servesMode({ kind: 'replace', database: 'a' }, files)).toBe(false);
  });
});

describe('a verification in words', () => {
  const result = (scope: 'full' | 'partial', verdicts: string): Verification => {
    const words = { p: 'pass', f: 'fail', n: 'not-run' } as const;
    const tests = Array.from(verdicts, (one, at) => ({
      n: (at + 1) as 1,
      title: 'present and identical in the store' as const,
      verdict: words[one as 'p'],
      evidence: ['seen'],
    }));
    const required = scope === 'full' ? ([1, 3, 4, 5, 6, 7, 8] as const) : ([1, 3] as const);
    const passed = required.every((n) => tests.find((one) => one.n === n)?.verdict === 'pass');
    return {
      ...{ set: 'the-set', scope, tests, passed, required, restoreMs: null },
      startedAt: '',
      endedAt: '',
    };
  };
  test('only a full one that passed is called verified', () => {
    expect(verificationSummary(result('full', 'pnpppppp'))).toBe(
      'the-set: verified · 7/7 required tests passed · not run: 2',
    );
    expect(verificationSummary(result('full', 'pnpppppn'))).toMatch(/NOT verified · 6\/7 .* not run: 2, 8/);
    expect(verificationSummary(result('full', 'pnfnnnnn'))).toMatch(/NOT verified/);
    const partial = verificationSummary(result('partial', 'pnpnnnnn'));
    expect(partial).toMatch(/partial.*2\/2/);
    expect(partial).not.toMatch(/: verified/);
  });
  test('each test has its sign, its verdict in words, its evidence, and colours only where wanted', () => {
    const plain = testLines(result('full', 'pnf'), false).join('\n');
    expect(plain).toMatch(/✓ 1 .*: pass\n {4}seen\n– 2 .*: not run \(not required\)\n {4}seen\n✗ 3 .*: fail/);
    expect(plain).not.toContain('\u001b');
    expect(testLines(result('full', 'pnf'), true).join('')).toContain('\u001b[31m✗');
  });
});

test('a fault that was not caught stands out, and one that was not seeded is never counted as caught', () => {
  const control = { id: 'x', test: 6 as const, verdictWithout: 'pass' as const, done: '' };
  const lines = proofLines(
    {
      ...{ set: 's', caught: 1, total: 2, startedAt: '', endedAt: '' },
      controls: [
        {
          ...control,
          title: 'one value changed',
          caught: true,
          verdictWith: 'fail',
          evidence: ['bookings differs'],
        },
        { ...control, title: 'a role dropped', caught: false, verdictWith: 'pass', evidence: [] },
      ],
      skipped: [{ id: 'y', title: 'wrong key', test: 2, why: 'the set is not encrypted' }],
    },
    false,
  );
  expect(lines.slice(1)).toEqual([
    '✓ one value changed: caught by test 6: bookings differs',
    '✗ a role dropped: NOT caught by test 6: ',
    '– wrong key: not exercised: the set is not encrypted',
  ]);
});

test('a copy that did not arrive stands out, with why', () => {
  const lines = backupLines(
    {
      policy: 'hourly',
      environment: 'production',
      set: null,
      copies: [
        {
          store: 'offsite',
          where: 's3://b in r',
          sets: [],
          bytes: 0,
          wal: null,
          problem: new Failure('unavailable', 'it is down'),
        },
      ],
    },
    false,
  );
  expect(lines.join('\n')).toContain('✗ offsite (s3://b in r): it is down');
});

test('where a line of the log goes', () => {
  expect(syslogTarget(false, {})).toBeNull();
  expect(syslogTarget(false, { FIREDRILL_SYSLOG: '0' })).toBeNull();
  expect(syslogTarget(true, {})).toEqual({ server: null });
  expect(syslogTarget(false, { FIREDRILL_SYSLOG: '1' })).toEqual({ server: null });
  expect(syslogTarget(false, { FIREDRILL_SYSLOG: 'udp://[::1]:514' })).toEqual({
    server: { host: '::1', port: '514' },
  });
});

test('a live run that would restore from a bucket says so before anything is done', async () => {
  const frozen = {
    kind: 'declared',
    store: 'offsite',
    database: { host: 'h', port: 1, name: 'n', user: 'u' },
    fingerprint: { systemIdentifier: '7412345678901234567', host: 'h', port: 1 },
    policy: {},
    stores: { offsite: { kind: 's3', bucket: 'rides', region: 'r' } },
  };
  const settings = await readDeclared('production', frozen, '/programme');
  expect(() => settings.storeDirectory).toThrow(
    expect.objectContaining({
      reason: 'unavailable',
      message: expect.stringContaining('is the bucket rides') as string,
    }),
  );
  await expect(openDeclared(settings, 'run', stateFile('/nowhere/state'))).rejects.toMatchObject({
    reason: 'unavailable',
  });
});
