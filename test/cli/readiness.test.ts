import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import type { Readiness } from '../../src/assessment/index.js';
import { readinessAt } from '../../src/cli/commands/readiness.js';
import { approve, type ApprovalOptions } from '../../src/cli/readiness/approve.js';
import { readBackups } from '../../src/cli/readiness/read-backups.js';
import { readProgramme } from '../../src/cli/readiness/read-programme.js';
import { readRuns } from '../../src/cli/readiness/read-runs.js';
import { registerStart } from '../../src/evidence/index.js';
import { expectExit, runProgram, type Ended } from '../end-to-end/support/run-program.js';

const root = mkdtempSync(join(tmpdir(), 'firedrill-readiness-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [firstLine = ''] = readFileSync('reports/example/journal.jsonl', 'utf8').split('\n');
const first = JSON.parse(firstLine) as { at: string; data: { runId: string; host: { user: string } } };
const exampleRun = first.data.runId;
/** The example grows old; what is told of periods is told as of the day after it. */
const dayAfter = new Date(Date.parse(first.at) + 86_400_000);
let count = 0;

/** The shipped programme with its example record, in a folder of its own. */
function programme(): string {
  const folder = join(root, `programme-${(count += 1)}`);
  mkdirSync(join(folder, 'reports'), { recursive: true });
  for (const name of ['firedrill.yaml', 'runbooks', 'drills', 'reports/example'])
    cpSync(name, join(folder, name), { recursive: true });
  return folder;
}

const options = (folder: string) =>
  ({ directory: folder, format: 'human', quiet: false, colour: false }) as const;
const asOf = (folder: string, own: Partial<ApprovalOptions> = {}) =>
  readinessAt(dayAfter, { condition: [], ...own }, options(folder));
const points = ({ categories }: Readiness, key: string) => categories.find((one) => one.key === key)?.points;

const readiness = (folder: string, ...args: string[]): Promise<Ended> =>
  runProgram(['--directory', folder, 'readiness', ...args]);

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

describe('firedrill readiness on the shipped programme', () => {
  test('shows the drill on the sample database as mechanism exercised, counts 0, and says what was not measured', async () => {
    const folder = programme();
    const ended = await readiness(folder);
    expectExit(ended, 1);
    for (const part of [
      'database-corruption: not measured: mechanism exercised on the sample database only; never on your own data',
      `run ${exampleRun}, entries `,
      'ransomware: not measured: never drilled',
      'runs that count: none',
      'NOT READY',
      'not approved',
    ])
      expect(ended.stdout).toContain(part);
    expect(ended.stdout).toMatch(
      /^total {12}0\.25 · 0\.0 \+ 0\.15 · [45]0\.0 \+ 0\.25 · 0\.0 \+ 0\.20 · 0\.0 \+ 0\.15 · 0\.0 = [67]\.\d$/m,
    );
    expect(ended.stdout).toMatch(/^unweighted mean {2}\(.*\) \/ 5 = /m);
    expect(ended.stderr).toContain('not ready: 4 of 5 conditions do not hold');

    // Nothing in the shipped documents is a placeholder; five runbooks were never exercised.
    const told = await asOf(folder);
    expect(points(told, 'documentation')).toBe(50);
    expect(told.total.value).toBe(7.5);
    expect(told.notCounted[0]?.why).toContain('mechanism exercised');
  });

  test('does not count a record that somebody changed, and says why, in JSON of the published schema', async () => {
    const folder = programme();
    edit(join(folder, 'reports/example/journal.jsonl'), '"outcome":"completed"', '"outcome":"Completed"');
    const ended = await readiness(folder, '--format', 'json');
    expectExit(ended, 1);
    const printed = JSON.parse(ended.stdout) as { data: Readiness };
    const { notCounted, conditions } = printed.data;
    expect(notCounted).toEqual([
      { record: 'example', why: expect.stringMatching(/^it does not audit: /) as string },
    ]);
    expect(points(printed.data, 'documentation')).toBe(40);
    expect(conditions.find((one) => one.id === 'record/example')?.holds).toBe(false);

    const schema = await runProgram(['schema', 'Readiness']);
    expectExit(schema, 0);
    const published = JSON.parse(schema.stdout) as object;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published);
    validate(printed);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('reads no figure out of a report: one with a better score is one that was changed', async () => {
    const folder = programme();
    edit(join(folder, 'reports/example/report.json'), '"final": 79', '"final": 99');
    expect((await readRuns(folder)).rejected[0]?.why).toContain('it does not audit');
  });

  test('names a run that the register knows and whose record is gone, and an unsealed one', async () => {
    const folder = programme();
    const gone = '2026-11-20T010203Z-ransomware-k3f9';
    const plan = { runId: gone, planSha256: 'a'.repeat(64), mode: 'drill' } as const;
    await registerStart(join(folder, 'reports/register.jsonl'), plan, '2026-11-20T01:02:03.000Z');
    for (const file of ['statement.json', 'statement.dsse.json'])
      rmSync(join(folder, 'reports/example', file));
    const { runs, rejected } = await readRuns(folder);
    expect(runs).toEqual([]);
    const why = 'the register names it, and its record is gone';
    expect(rejected).toContainEqual({ record: gone, at: '2026-11-20T01:02:03.000Z', why });
    expect(rejected.find((one) => one.record === 'example')?.why).toMatch(/^not sealed/);
  });

  test('a copy of a record is no second run', async () => {
    const folder = programme();
    cpSync('reports/example', join(folder, 'reports', 'copy'), { recursive: true });
    const { runs, rejected } = await readRuns(folder);
    expect([runs.map((one) => one.runId), rejected]).toEqual([[exampleRun], []]);
  });

  test('an invalid programme has no readiness: exit 3, with the place', async () => {
    const folder = programme();
    edit(join(folder, 'runbooks/ransomware.yaml'), 'severity: P0', 'severity: P9');
    const ended = await readiness(folder);
    expectExit(ended, 3);
    expect(ended.stderr).toMatch(/runbooks\/ransomware\.yaml:\d+:\d+/);
    expect(ended.stdout).toBe('');
  });

  test('a placeholder that somebody left in a message is found, and none in what ships', () => {
    const folder = programme();
    expect(readProgramme(options(folder)).placeholders).toEqual([]);
    edit(
      join(folder, 'runbooks/messages/ransomware.yaml'),
      'We will write again',
      'TODO: we will write again',
    );
    expect(readProgramme(options(folder)).placeholders).toMatchObject([
      { file: 'runbooks/messages/ransomware.yaml' },
    ]);
  });
});

describe('the backups of a programme', () => {
  const declare = (folder: string): void => {
    const production = `
  production:
    kind: declared
    database: {host: 127.0.0.1, port: 1, name: rides, user: admin}
    fingerprint: {systemIdentifier: "7712867993215426004", host: 127.0.0.1, port: 1}
    store: main
    signing: {keyFile: nobody-has-it.pem}
    policy: {}
`;
    writeFileSync(
      join(folder, 'firedrill.yaml'),
      `apiVersion: firedrill/v1\nkind: Configuration\nprogramme: {name: Rides}\nenvironments:${production}stores: {main: {kind: local, directory: nowhere}}
policies: {hourly: {way: physical, store: main, interval: 1h}}
`,
    );
  };

  test('that cannot be read are named, with the reason, and stop nothing', async () => {
    const folder = programme();
    declare(folder);
    const { policies, sets, unread } = await readBackups(options(folder), new Date());
    expect(policies).toEqual([{ name: 'hourly', environment: 'production', intervalMs: 3_600_000 }]);
    expect(sets).toEqual([]);
    expect(unread).toMatchObject([{ what: 'store main of policy hourly' }]);
    expect(unread[0]?.why).toContain('nobody-has-it.pem cannot be read');
  });
});

describe('the approver', () => {
  test('is printed with date and conditions, and makes nothing ready', async () => {
    const ended = await readiness(
      programme(),
      ...['--approver', 'Maria Santos', '--condition', 'escrow drill before April', '--condition', 'two'],
    );
    expectExit(ended, 1);
    expect(ended.stdout).toMatch(
      /approved by Maria Santos on \d{4}-\d{2}-\d{2}, as .* typed it \(attested\)/,
    );
    expect(ended.stdout).toContain('  on condition: escrow drill before April\n  on condition: two\n');
    expect(ended.stdout).toContain('the approval does not make it ready');
  });

  test('is refused where they took part in a run; conditions need one', async () => {
    const folder = programme();
    const { user } = first.data.host;
    await expect(asOf(folder, { approver: user.toUpperCase() })).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining(`took part in run ${exampleRun}`) as string,
    });
    expectExit(await readiness(folder, '--condition', 'x'), 2);
    const typed = (more: { approver?: string }, condition: string[]) => () =>
      approve({ ...more, condition }, [], folder, new Date().toISOString());
    expect(typed({}, ['x'])).toThrow('--condition without --approver');
    expect(typed({ approver: 'TBD' }, [])).toThrow('nobody’s name');
    expect(typed({}, [])()).toBeNull();
    // A run whose record is not believed is not looked at, and the approval does not claim it.
    expect(typed({ approver: 'Maria Santos' }, [])()?.independence).toContain(
      'whose records audit as intact, and of others nothing is known',
    );
  });
});
