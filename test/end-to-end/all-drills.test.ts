import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, shippedDrill, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport, recordsOf } from './support/record.js';
import { builtProgram, expectExit, type Ended } from './support/run-program.js';
import { until } from './support/sleep.js';

/** The shipped programme with no drill but the first, so that the rest takes no time here. */
function onlyFirst(): Programme {
  const programme = makeProgramme();
  const folder = join(programme.directory, 'drills');
  for (const name of readdirSync(folder))
    if (name.endsWith('.yaml') && name !== basename(shippedDrill)) rmSync(join(folder, name));
  return programme;
}

const copyDrill = (programme: Programme, name: string, change: (text: string) => string) =>
  programme.write(`drills/${name}.yaml`, change(programme.read(shippedDrill)));

interface Facts {
  readonly file: string;
  readonly outcome: string;
  readonly why: string | null;
  readonly runId: string | null;
  readonly report: string | null;
  readonly recoveryMs: number | null;
  readonly rtoMs: number | null;
  readonly acknowledged: number | null;
  readonly lost: number | null;
  readonly score: number | null;
  readonly rating: string | null;
  readonly notExercised: readonly string[];
}

describe('every drill of a programme, one after the other', () => {
  let programme: Programme;
  let ended: Ended;
  let facts: readonly Facts[];
  beforeAll(async () => {
    programme = onlyFirst();
    programme.edit(
      'firedrill.yaml',
      /^environments:\n/m,
      'environments:\n  gone: {kind: lab, directory: gone}\n',
    );
    copyDrill(programme, 'elsewhere', (text) => text.replace('environment: lab', 'environment: gone'));
    copyDrill(programme, 'nothing-broken', (text) => text.replace(/^faults:\n.*\n/m, 'faults: []\n'));
    copyDrill(programme, 'typing-error', (text) => text.replace('kind: Drill', 'kind: Dril'));
    programme.write('drills/notes.yaml', programme.read('drills/checklists/after.yaml'));
    ended = await programme.run('drill', '--all', '--unattended', '--format', 'json');
    const { v, kind, data } = JSON.parse(ended.stdout) as {
      v: number;
      kind: string;
      data: { drills: Facts[]; code: number };
    };
    expect({ v, kind, code: data.code }).toEqual({ v: 1, kind: 'drills', code: ended.code });
    facts = data.drills;
  }, 240_000);
  afterAll(() => programme.remove());

  it('lists each of them once, by name, and leaves other documents out', () => {
    expect(facts.map(({ file, outcome }) => [file, outcome])).toEqual([
      ['drills/database-corruption.yaml', 'met'],
      ['drills/elsewhere.yaml', 'not-run'],
      ['drills/nothing-broken.yaml', 'inconclusive'],
      ['drills/typing-error.yaml', 'not-run'],
    ]);
  });

  it('says of one that cannot run why, with no figure and no record', () => {
    const [, elsewhere, , typing] = facts;
    expect(elsewhere).toMatchObject({ runId: null, report: null, recoveryMs: null, score: null, lost: null });
    expect(elsewhere!.why).toContain('is not a lab that firedrill made');
    expect(typing!.why).toMatch(/drills\/typing-error\.yaml:2:\d+: .*Dril/);
  });

  it('gives the figures that the sealed records and an independent reading of them give', () => {
    const records = recordsOf(programme.directory);
    expect(records.map((record) => basename(record))).toEqual([facts[0]!.runId, facts[2]!.runId]);
    const own = recompute(records[0]!);
    expect(Math.abs(facts[0]!.recoveryMs! - own.recoveryMs)).toBeLessThanOrEqual(5);
    const { score } = readReport(records[0]!).assessment;
    expect(facts[0]).toMatchObject({
      acknowledged: own.acknowledged,
      lost: 0,
      rtoMs: 4 * 3600_000,
      score: score.final,
      rating: 'S',
      why: null,
      report: join(records[0]!, 'report.html'),
    });
    expect(facts[0]!.notExercised).toEqual(
      entriesOf(records[0]!, 'environment-opened')[0]!.data['notExercised'],
    );
    expect(facts[2]).toMatchObject({ recoveryMs: null, lost: null, rating: 'NOT RATED' });
  });

  it('never ran two at once: each run had ended before the next began', () => {
    const register = readFileSync(join(programme.directory, 'reports', 'register.jsonl'), 'utf8');
    const kinds = register
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(['run-started', 'run-finished', 'run-started', 'run-finished']);
  });

  it('ends with the worst, told in one document, and leaves nothing behind', async () => {
    expectExit(ended, 3);
    expect(ended.stderr).toContain('drill 4 of 4');
    expect(ended.stderr).not.toContain('a bug in firedrill');
    expect(programme.leftovers()).toEqual(nothingLeft);
    for (const record of recordsOf(programme.directory)) expectExit(await programme.run('audit', record), 0);
  });
});

describe('a row of drills that is told to stop', () => {
  let programme: Programme;
  afterEach(() => programme.remove());

  it('Ctrl-C stops the one that runs, begins no other and says which are left', async () => {
    programme = onlyFirst();
    copyDrill(programme, 'second', (text) => text);
    const engine = programme.start('drill', '--all', '--unattended', '--view', 'plain');
    await programme.entry('step-started', { step: 'extent' });
    engine.signal('SIGINT');
    const ended = await engine.ended;
    expectExit(ended, 130);
    expect(recordsOf(programme.directory)).toHaveLength(1);
    expect(readReport(programme.record()).assessment.outcome.status).toBe('cancelled');
    const table = ended.stdout.slice(ended.stdout.indexOf('\nDrill '));
    expect(table).toMatch(/^database-corruption +✗ cancelled/m);
    expect(table).toMatch(/^second +– left +not measured/m);
    expect(table).toContain('0 of 2 drills met their objectives');
    expect(table).toContain('interrupted; left:\n  firedrill drill drills/second.yaml');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('with people it asks before each, and nothing but a word begins one', async () => {
    programme = onlyFirst();
    copyDrill(programme, 'second', (text) => text);
    const args = [builtProgram(), '--directory', programme.directory, 'drill', '--all', '--view', 'plain'];
    let seen = '';
    const terminal = spawn(process.execPath, args, {
      cols: 100,
      rows: 30,
      env: { ...process.env, NO_COLOR: '1' },
    });
    terminal.onData((data) => (seen += data));
    const exited = new Promise<number>((settle) => terminal.onExit(({ exitCode }) => settle(exitCode)));
    const asked = (times: number) =>
      until(`${times} questions`, () => seen.split('Begin it?').length > times, 60_000);
    await asked(1);
    expect(seen).toContain('drill 1 of 2: Database corruption in the lab');
    expect(seen).toContain('planned for 2027-01-17 09:00 +08:00');
    terminal.write('\r');
    await asked(2);
    terminal.write('n\r');
    await asked(3);
    terminal.write('q\r');
    expect(await exited).toBe(1);
    expect(seen).toMatch(/database-corruption +– not run/);
    expect(seen).toContain('why: passed over when asked');
    expect(seen).toMatch(/second +– left/);
    expect(recordsOf(programme.directory)).toEqual([]);
  });
});
