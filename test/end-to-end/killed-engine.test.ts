import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { processesAbout } from './support/processes.js';
import {
  makeProgramme,
  nothingLeft,
  shippedDrill,
  shippedRunbook,
  type Programme,
} from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readEntries, readReport } from './support/record.js';
import { expectExit, type Running } from './support/run-program.js';
import { until } from './support/sleep.js';

let programme: Programme;
afterEach(() => programme.remove());

/** A moment of a run, told by what is on record; the engine is killed as soon as it has come. */
type Moment = readonly [what: string, wait: () => Promise<unknown>];

const onRecord = (type: string, data: Record<string, unknown> = {}): Moment => [
  `${type} ${Object.values(data).join(' ')}`,
  () => programme.entry(type, data),
];

/** While the lab is being made: a cluster folder is there, and no environment is open yet. */
const makingTheLab: Moment = [
  'while the lab is being made',
  () => until('a cluster of the lab', () => programme.clustersSeen().length > 0),
];

/** Kills the engine at each moment in turn and takes the run up again; the last engine is left to end by itself. */
async function surviving(moments: readonly Moment[]) {
  let engine = programme.start('drill', shippedDrill, '--unattended', '--view', 'plain');
  for (const [what, wait] of moments) {
    await Promise.race([wait(), endedEarly(engine, what)]);
    engine.signal('SIGKILL');
    expect(await engine.ended, what).toMatchObject({ signal: 'SIGKILL' });
    engine = programme.start('resume', programme.runId(), '--view', 'plain');
  }
  return engine.ended;
}

async function endedEarly(engine: Running, what: string): Promise<never> {
  const { code, stderr } = await engine.ended;
  throw new Error(`the engine ended with ${code ?? 'a signal'} before "${what}": ${stderr}`);
}

/** What must hold for every run, however often its engine was killed. */
async function expectWholeRun(sessions: number) {
  const record = programme.record();
  const { outcome, measures } = readReport(record).assessment;
  expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
  const own = recompute(record);
  expect(own.lost).toEqual([]);
  expect(own.acknowledged).toBeGreaterThan(5);
  expect(measures.loss).toMatchObject({ acknowledged: own.acknowledged, missing: [] });
  expect(Math.abs(measures.recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(20);

  const started = entriesOf(record, 'session-started');
  expect(started.map((entry) => entry.data['resumed'])).toEqual([
    false,
    ...Array<boolean>(sessions - 1).fill(true),
  ]);
  expect(new Set(started.map((entry) => entry.session)).size).toBe(sessions);
  const point = (name: string) => entriesOf(record, 'clock-marked', { point: name });
  for (const name of ['disruption', 'detected', 'declared', 'recovery-started', 'service-verified'])
    expect(point(name), name).toHaveLength(1);
  const spans = point('disruption')[0]!.session !== point('service-verified')[0]!.session;
  expect(measures.recoveryTime.spansSessions).toBe(spans);

  // Each effect once: one cluster was put aside, one was restored in its place, and every message went out once.
  const kinds = programme.clustersSeen().map((name) => name.replace(/-[0-9a-f]+$/, ''));
  expect(kinds.filter((kind) => kind === 'replacement')).toEqual(['replacement']);
  expect(kinds).not.toContain('side');
  for (const step of [
    'set-aside',
    'restore',
    'switch-traffic',
    'new-backup',
    'tell-team',
    'tell-customers-resolved',
  ])
    expect(entriesOf(record, 'step-succeeded', { step }), step).toHaveLength(1);
  expect(entriesOf(record, 'message-sent').map((entry) => entry.data['message'])).toEqual([
    'internal-initial',
    'customers-initial',
    'management-initial',
    'internal-restored',
    'customers-resolved',
  ]);

  expect(entriesOf(record, 'environment-closed').at(-1)!.data).toMatchObject({ leftovers: [] });
  expect(programme.leftovers()).toEqual(nothingLeft);
  expectExit(await programme.run('audit', record), 0);
}

/** Nobody looked while there was no engine, so the window that stopped the clock lies within one session. */
function expectUnbrokenWindow(record: string) {
  const verified = entriesOf(record, 'clock-marked', { point: 'service-verified' })[0]!;
  const window = entriesOf(record, 'acceptance-probed').filter(
    (one) => one.at >= String(verified.data['at']),
  );
  expect(window.length).toBeGreaterThan(1);
  expect(window.every((one) => one.session === verified.session && one.data['green'] === true)).toBe(true);
  expect(Date.parse(window.at(-1)!.at) - Date.parse(window[0]!.at)).toBeGreaterThanOrEqual(1990);
}

describe('an engine killed without warning', () => {
  it('before and during the disaster: the lab is made anew, the damage is done once', async () => {
    programme = makeProgramme();
    const moments = [makingTheLab, onRecord('fault-started')];
    expectExit(await surviving([...moments, onRecord('detection-evaluated')]), 0);
    await expectWholeRun(4);
    const [injected, second] = entriesOf(programme.record(), 'fault-injected');
    expect(second).toBeUndefined();
    expect((injected!.data['groundTruth'] as { pages: unknown[] }).pages).toHaveLength(3);
  });

  it('in the middle of the way back: nothing is put aside or restored twice', async () => {
    programme = makeProgramme();
    const moments = [
      onRecord('step-started', { step: 'set-aside' }),
      onRecord('step-started', { step: 'restore' }),
      onRecord('acceptance-probed', { round: 1 }),
    ];
    expectExit(await surviving(moments), 0);
    await expectWholeRun(4);
    const { recoveryTime } = readReport(programme.record()).assessment.measures;
    expect(recoveryTime.spansSessions).toBe(true);
    expect(recoveryTime.durationMs.note).toContain('interruption');
    expect(readFileSync(join(programme.record(), 'report.md'), 'utf8')).toContain('spans an interruption');
    expectUnbrokenWindow(programme.record());
  });

  it('while it fulfils its obligations, cleans up and seals: the record is whole', async () => {
    programme = makeProgramme();
    const moments = [
      onRecord('step-started', { step: 'new-backup' }),
      onRecord('phase-left', { phase: 'after' }),
    ];
    expectExit(await surviving(moments), 0);
    await expectWholeRun(3);
    expect(readEntries(programme.record()).at(-1)!.type).toBe('run-sealed');

    // As if the engine had been killed after the last entry, before it signed and registered what it sealed.
    const inRecord = (name: string) => join(programme.record(), name);
    const signed = readFileSync(inRecord('statement.dsse.json'));
    for (const name of ['statement.dsse.json', 'statement.json', 'report.html']) rmSync(inRecord(name));
    programme.edit('reports/register.jsonl', /.*run-finished.*\n/, '');
    expect((await programme.run('runs')).stdout).toContain('not sealed');
    expectExit(await programme.run('resume', programme.runId()), 0);
    expect(readFileSync(inRecord('statement.dsse.json'))).toEqual(signed);
    await expectWholeRun(3);
    expectExit(await programme.run('resume', programme.runId()), 2);
  });

  it('while a program of its runs: that one is ended too, by the engine that takes over', async () => {
    programme = makeProgramme();
    const marker = join(programme.directory, 'lingered');
    programme.edit(
      shippedRunbook,
      '      - id: keep-log\n',
      [
        '      - id: linger',
        '        title: Wait for something that never comes',
        '        why: The first time it waits, the second time it does not.',
        '        role: database-lead',
        '        uses: shell.run',
        `        with: {command: [sh, -c, "test -e ${marker} || { echo $$ > ${marker}; sleep 600; }"]}`,
        '        effect: idempotent',
        '        undo: {none: nothing was done}',
        '        ifFails: Wait.',
        '      - id: keep-log',
        '',
      ].join('\n'),
    );
    const noted = () =>
      readdirSync(join(programme.directory, '.firedrill', 'runs', programme.runId(), 'children'));
    const lingering: Moment = [
      'a program that the engine knows of lingers',
      () =>
        until('it', () => existsSync(marker) && readFileSync(marker, 'utf8') !== '' && noted().length > 0),
    ];
    const ended = surviving([lingering]);
    await programme.entry('session-started', { resumed: true });
    const [, second] = entriesOf(programme.record(), 'session-started');
    expect(second!.data['orphansEnded']).toEqual([expect.stringMatching(/^sh .*process \d+/)]);
    const first = Number(readFileSync(marker, 'utf8'));
    expect(processesAbout(marker).filter(({ pid }) => pid === first)).toEqual([]);
    expectExit(await ended, 0);
    await expectWholeRun(2);
  });
});

describe('a run that an engine holds', () => {
  it('is refused to a second engine with exit code 6, and goes on undisturbed', async () => {
    programme = makeProgramme();
    const engine = programme.start('drill', shippedDrill, '--unattended', '--view', 'plain');
    await programme.entry('phase-left', { phase: 'before' });
    const second = await programme.run('resume', programme.runId());
    expect(second.code).toBe(6);
    expect(second.stderr).toContain(`is being written by process ${engine.pid}`);
    expect(second.stderr).toContain('firedrill watch');
    expectExit(await engine.ended, 0);
    await expectWholeRun(1);
  });
});
