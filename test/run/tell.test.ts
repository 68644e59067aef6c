import { describe, expect, test } from 'vitest';
import { tellEvent, type Entry, type RunEvent } from '../../src/run/index.js';
import { FakeRun } from '../tui/fixtures/fake-feed.js';
import { samplePlan } from '../tui/fixtures/sample-plan.js';
import { playScene, scenes } from '../tui/fixtures/scenes.js';

const told = (run: FakeRun, entry: Entry | undefined) => tellEvent(run.plan, run.state(), entry!);
const last = (run: FakeRun) => told(run, run.entries().at(-1));
const check = (verdict: 'pass' | 'fail' | 'not-run') => ({
  verdict,
  results: verdict === 'fail' ? [{ name: 'rows', expected: { atLeast: 5 }, actual: 3, met: false }] : [],
  ...(verdict === 'not-run' ? { reason: 'no connection' } : {}),
});
const after = (event: RunEvent, scene = 'running') =>
  last(playScene(new FakeRun(samplePlan), scene).record(event));

describe('what people hear of an event', () => {
  test('a step: who, what, how long, why it failed, what to do', () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    expect(last(run).text).toBe(
      'Find the damaged relations (Database lead (Ben Cruz)): run pg_amcheck over every relation of app',
    );
    run.fail('extent', 'exit code 2', true);
    expect(last(run)).toEqual({
      word: 'FAILED',
      text: 'Find the damaged relations after 42.0s: exit code 2 [exit-code]; will be tried again - Look at the output.',
      level: 'warning',
    });
    run.start('extent').pass(1500).succeed('extent');
    expect(last(run)).toEqual({ word: 'done', text: 'Find the damaged relations in 1.5s', level: 'good' });
  });

  test('a duration is left out rather than guessed', () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    run.fail('extent', 'exit code 2', true);
    const failed = run.entries().at(-1);
    run.pass(60_000).start('extent');
    expect(told(run, failed).text).toMatch(/^Find the damaged relations: exit code 2/u);
  });

  test('checks: not run is not a pass, a failed one says what was expected', () => {
    const data = { step: 'extent', purpose: 'after', attempt: 1 } as const;
    expect(after({ type: 'check-evaluated', data: { ...data, check: check('pass') } })).toMatchObject({
      level: 'good',
    });
    expect(after({ type: 'check-evaluated', data: { ...data, check: check('not-run') } })).toMatchObject({
      text: 'Find the damaged relations, did it work? not run: no connection',
      level: 'warning',
    });
    expect(after({ type: 'check-evaluated', data: { ...data, check: check('fail') } }).text).toContain(
      'fail: rows is 3, expected at least 5',
    );
  });

  test('a check that only says "not done yet" does not read like a failure', () => {
    const data = { step: 'extent', purpose: 'before', attempt: 1 } as const;
    const results = [{ name: 'ok', actual: false, expected: { equals: true }, met: false }];
    const notYet = { verdict: 'fail', results } as const;
    expect(after({ type: 'check-evaluated', data: { ...data, check: notYet } })).toMatchObject({
      text: 'Find the damaged relations, done already? no',
      level: 'info',
    });
    expect(after({ type: 'check-evaluated', data: { ...data, check: check('fail') } }).text).toContain(
      'done already? no: rows is 3, expected at least 5',
    );
    const afterwards = { ...data, purpose: 'after', check: notYet } as const;
    expect(after({ type: 'check-evaluated', data: afterwards }).text).toContain(
      'did it work? fail: ok is false, expected equals true',
    );
  });

  test('loss: counted, over which time, against the objective', () => {
    const data = {
      ledger: { seq: 1, sha256: '' },
      acknowledged: 100,
      present: 60,
      missing: 40,
      unacknowledged: 0,
      windowMs: 8600,
      evidence: [],
    };
    expect(after({ type: 'survivors-listed', data })).toMatchObject({
      text: '40 of 100 acknowledged commits are missing, over 8.6s (RPO 1h 00m 00s)',
      level: 'warning',
    });
    expect(after({ type: 'survivors-listed', data: { ...data, windowMs: 3_600_001 } }).level).toBe('bad');
    expect(after({ type: 'survivors-not-listed', data: { reason: 'no ledger' } })).toMatchObject({
      text: 'data loss not measured: no ledger',
      level: 'warning',
    });
  });

  test('a mark carries the recovery clock, a question its options, an answer who gave it and after how long', () => {
    const run = playScene(new FakeRun(samplePlan), 'decide');
    expect(last(run).text).toContain('[indexes-only | one-table | whole] (suggested: whole)');
    run.pass(3000).record(
      {
        type: 'prompt-answered',
        data: { prompt: 'p-decide-way-back', answer: { option: 'whole' }, reason: null },
      },
      { kind: 'person', name: 'Ana Reyes' },
    );
    expect(last(run).text).toBe('Choose the way back: whole, by Ana Reyes after 3.0s');
    run.mark('recovery-started', 'the restore began');
    expect(last(run).text).toMatch(
      /^recovery started at \d\d:\d\d:\d\dZ \(engine\), recovery clock 1m \d\ds of 4h 00m 00s: the restore began$/u,
    );
  });

  test('what steers a terminal never comes through', () => {
    expect(after({ type: 'note-taken', data: { text: 'x\u001b[2J\u202ey\nz' } }).text).toBe('xy z (engine)');
  });

  test('every event of every scene is one line, with a word of at most eight letters', () => {
    for (const scene of scenes) {
      const run = playScene(new FakeRun(samplePlan), scene);
      for (const entry of run.entries()) {
        const { word, text } = told(run, entry);
        expect(word.length).toBeLessThanOrEqual(8);
        expect(text).not.toBe('');
        expect(text).not.toContain('undefined');
        expect(text).not.toContain('[object');
      }
    }
  });

  test('a step, prompt or phase that the plan does not know is told by its id', () => {
    const run = new FakeRun(samplePlan);
    run.start('elsewhere');
    expect(last(run).text).toBe('elsewhere, attempt 1'.replace(', attempt 1', ''));
    run.record({ type: 'prompt-answered', data: { prompt: 'p9', answer: {}, reason: null } });
    expect(last(run).text).toBe('p9: empty answer, by engine');
    run.enter('nowhere');
    expect(last(run).text).toBe('nowhere, no target');
  });
});
