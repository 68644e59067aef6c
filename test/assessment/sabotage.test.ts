import { describe, expect, test } from 'vitest';
import { assess, sabotagesOf } from '../../src/assessment/index.js';
import type { JsonObject } from '../../src/base/index.js';
import { buildReport, renderMarkdown } from '../../src/report/index.js';
import { makePlan, phase, uses } from './plan-fixture.js';
import { fail, pass, RecordBuilder } from './record-builder.js';

const sabotage = { ...makePlan().faults[0]!, id: 'broken', inject: 'break-newest-backup', sabotage: true };
const plan = makePlan({
  faults: [sabotage],
  phases: [
    phase('containment', 15, [uses('find', 'postgres.usable-backup', { title: 'Find the backup' })]),
    phase('recovery', 15, [
      uses('outside', 'postgres.usable-backup', {
        title: 'Find the copy outside',
        call: { uses: 'postgres.usable-backup', with: { from: 'immutable' } },
      }),
      uses('restore', 'postgres.restore', { title: 'Restore' }),
    ]),
  ],
});

/** A run with the sabotage and what comes after it. */
function play(after: (run: RecordBuilder) => void, groundTruth: JsonObject = { backup: 'set-2' }) {
  const run = new RecordBuilder(plan);
  succeed(run, 'find', { passedOver: ['set-0: before the sabotage'] });
  run.add('fault-started', { fault: 'broken', describe: 'breaks the newest backup' });
  run.add('fault-injected', { fault: 'broken', sabotage: true, groundTruth, proof: {}, evidence: [] });
  after(run);
  const record = run.record();
  const assessment = assess(record);
  return { facts: sabotagesOf(record, assessment.measures), assessment, record };
}

function succeed(run: RecordBuilder, step: string, outputs: JsonObject): void {
  run.add('step-succeeded', { step, attempt: 1, how: 'performed', outputs, saved: {}, evidence: [] });
}
function failed(run: RecordBuilder, step: string): void {
  const failure = { reason: 'check', message: 'no usable backup', retryable: false } as const;
  run.add('step-failed', { step, attempt: 1, failure, evidence: [], willRetry: false });
}
function checked(run: RecordBuilder, purpose: 'before' | 'after', check: typeof pass): void {
  run.add('check-evaluated', { step: 'restore', purpose, attempt: 1, check });
}

describe('what caught a sabotage', () => {
  test.each([
    [
      'a candidate passed over by name',
      (run: RecordBuilder) => succeed(run, 'find', { passedOver: ['set-2: cut off'] }),
      ['Find the backup: passed over set-2: cut off'],
    ],
    [
      'a log that does not reach the end',
      (run: RecordBuilder) => succeed(run, 'find', { reach: 'incomplete', reachSaid: 'NOT every commit' }),
      ['Find the backup: NOT every commit'],
    ],
    [
      'a step that failed',
      (run: RecordBuilder) => failed(run, 'find'),
      ['Find the backup: failed: no usable backup'],
    ],
    [
      'a check that said no',
      (run: RecordBuilder) => checked(run, 'after', fail),
      ['Restore: its check said no (after)'],
    ],
    [
      'another set passed over',
      (run: RecordBuilder) => succeed(run, 'find', { passedOver: ['set-1: cut off'] }),
      [],
    ],
    [
      'nothing passed over',
      (run: RecordBuilder) => succeed(run, 'find', { passedOver: [], reach: 'complete' }),
      [],
    ],
    [
      'a copy outside, which never reaches the end',
      (run: RecordBuilder) => succeed(run, 'outside', { reach: 'incomplete', reachSaid: 'up to 0/4000' }),
      [],
    ],
    ['a check before the step', (run: RecordBuilder) => checked(run, 'before', fail), []],
    ['a check that said yes', (run: RecordBuilder) => checked(run, 'after', pass), []],
  ] as const)('%s', (_what, after, caught) => {
    const { facts, assessment } = play(after);
    expect(facts[0]?.caughtBy.map(({ by, how }) => `${by}: ${how}`)).toEqual(caught);
    const finding = assessment.findings.find((one) => one.id === 'sabotage-not-caught:broken');
    expect(finding?.class).toBe(caught.length === 0 ? 'high' : undefined);
  });

  test('what fails while the run is being stopped caught nothing: it follows from the stop', () => {
    const { facts } = play((run) => {
      failed(run, 'find');
      run.add('stop-requested', { reason: 'find failed', how: 'failure' });
      failed(run, 'restore');
    });
    expect(facts[0]?.caughtBy.map(({ step }) => step)).toEqual(['find']);
  });

  test('the report has a table of it, and none where nothing was sabotaged', () => {
    const { record, assessment } = play((run) => succeed(run, 'find', { passedOver: ['set-2: cut off'] }));
    const title = 'Sabotage of the recovery, and what caught it';
    expect(renderMarkdown(buildReport(record, assessment))).toContain(title);
    const sound = new RecordBuilder(makePlan()).record();
    expect(renderMarkdown(buildReport(sound, assess(sound)))).not.toContain(title);
  });

  test('an absence that the run never came to was not tested', () => {
    const run = new RecordBuilder({
      ...plan,
      faults: [],
      answers: { steps: {}, absent: { restore: 10_000 } },
    });
    const record = run.record();
    expect(sabotagesOf(record, assess(record).measures)).toMatchObject([
      { id: 'absent:restore', happened: false, caughtBy: [] },
    ]);
  });
});
