import { describe, expect, test } from 'vitest';
import { assess, score } from '../../src/assessment/index.js';
import type { Plan } from '../../src/language/index.js';
import { instruct, makePlan, minute, phase, unobserved, uses } from './plan-fixture.js';
import { ana, ben, fail, notRun, olga, RecordBuilder } from './record-builder.js';
import { buildRun, type Variation } from './run-fixture.js';

const run = (how: Variation = {}) => assess(buildRun(how).record());
const ids = (some: readonly { readonly id: string }[]) => some.map((one) => one.id);
const category = (how: Variation, key: string) =>
  run(how).score.categories.find((one) => one.key === key)?.printed;
const unattended = () => unobserved(makePlan({ unattended: true }));

describe('a run', () => {
  test('in which all goes well is met, without caps, and lists what nothing showed', () => {
    const { outcome, score: rated, findings } = run();
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(rated.caps).toEqual([]);
    expect(rated.band).toBe('P');
    expect(findings.every((one) => one.class === 'low')).toBe(true);
    expect(rated.notMeasured.map((one) => one.id)).toEqual([
      'key-from-escrow',
      'least-privilege',
      'malware-comparison',
    ]);
  });

  test('the same record gives the same assessment, and `score` alone the same score', () => {
    const record = buildRun({ byHand: true, lost: 2 }).record();
    expect(JSON.stringify(assess(record))).toBe(JSON.stringify(assess(structuredClone(record))));
    expect(score(record)).toEqual(assess(record).score);
  });

  test('unattended always draws CF-10 and says so', () => {
    const { score: rated, findings, independence } = run({ plan: unattended() });
    expect(rated).toMatchObject({ final: 79, band: 'S' });
    expect(rated.caps).toMatchObject([
      { id: 'CF-10', reason: 'nobody independent took part (scripted operator)' },
    ]);
    expect(ids(findings)).toEqual(expect.arrayContaining(['scripted-operator', 'not-independent']));
    expect(independence.scriptedAnswers).toBe(5);
  });

  test('whose service was never verified is inconclusive and at most 49', () => {
    const { outcome, score: rated } = run({ acceptance: { content: fail } });
    expect(outcome.verdict).toBe('inconclusive');
    expect(ids(rated.caps)).toEqual(['CF-04', 'CF-05', 'CF-11']);
    expect(rated).toMatchObject({ final: 49, band: 'U' });
  });

  test('with a check that could not run counts it as failed', () => {
    const { measures, score: rated } = run({ acceptance: { application: notRun } });
    expect(measures.acceptance.find((one) => one.id === 'application')?.verdict).toBe('not-run');
    expect(rated.categories.find((one) => one.key === 'V')?.printed).toBe(50);
    expect(rated.notMeasured.map((one) => one.id)).toContain('application');
  });

  test('that failed half way keeps what it measured and rates the rest 0', () => {
    const {
      outcome,
      measures,
      score: rated,
      findings,
    } = run({ stopAfter: { phase: 'recovery', end: 'failed' } });
    expect(outcome).toMatchObject({ status: 'failed', verdict: 'inconclusive' });
    expect(measures.phases.find((one) => one.id === 'verification')).toMatchObject({
      outcome: 'not-entered',
      actualMs: null,
    });
    expect(rated.final).toBeLessThanOrEqual(49);
    expect(ids(findings)).toEqual(
      expect.arrayContaining(['run-failed', 'recovery-time-not-measured', 'acceptance:writes']),
    );
  });

  test('that was interrupted has no end, no rating and says why', () => {
    const broken = buildRun({ stopAfter: { phase: 'recovery', end: 'none' } });
    const { outcome, score: rated, findings } = assess(broken.record());
    expect(outcome.status).toBe('interrupted');
    expect(rated).toMatchObject({ final: null, band: 'NOT RATED' });
    expect(rated.caps.find((cap) => cap.id === 'CF-02')?.reason).toBe(
      'phase recovery has no machine-made start and end',
    );
    expect(ids(findings)).toContain('interrupted');
  });

  test('of which nothing but the plan exists still gets an assessment', () => {
    const { outcome, score: rated, measures } = assess(new RecordBuilder().record());
    expect(outcome).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
    expect(measures.points.every((one) => one.time.value === null)).toBe(true);
    expect(rated.final).toBeNull();
  });

  test('every prefix of a journal can be assessed, and none scores better than the whole', () => {
    const whole = buildRun({ byHand: true }).record();
    const best = assess(whole).score.final ?? 0;
    for (let length = 0; length < whole.entries.length; length += 1) {
      const part = assess({ ...whole, entries: whole.entries.slice(0, length) });
      expect(part.score.final ?? 0).toBeLessThanOrEqual(best);
    }
  });

  test('without an observer has no data loss figure, never a zero', () => {
    const { measures, outcome, score: rated } = run({ sentinel: false });
    expect(measures.loss.windowMs).toMatchObject({ value: null, provenance: 'not-measured' });
    expect(outcome.verdict).toBe('inconclusive');
    expect(rated.objectives.find((one) => one.id === 'data-loss')).toMatchObject({
      met: null,
      band: 'NOT RATED',
      points: 0,
    });
    expect(rated.final).toBeLessThanOrEqual(79);
  });

  test('over its objectives is missed and at most 65', () => {
    const plan = makePlan({ objectives: { rtoMs: 10 * minute, rpoMs: 500 } });
    const slow = run({ plan });
    expect(slow.outcome.verdict).toBe('missed');
    expect(ids(slow.score.caps)).toContain('CF-07');
    const lossy = run({ plan: makePlan({ objectives: { rtoMs: 240 * minute, rpoMs: 500 } }), lost: 4 });
    expect(lossy.measures.loss.windowMs.value).toBe(1000);
    expect(lossy.score.caps.find((cap) => cap.id === 'CF-07')?.reason).toBe('data loss 1.0s > 500ms');
  });

  test('that breaks nothing is a walk-through: no score', () => {
    const builder = new RecordBuilder(makePlan({ faults: [] }));
    expect(assess(builder.record()).score).toMatchObject({ raw: null, final: null, objectives: [] });
  });
});

describe('a fault that was planned stands in for none that was injected:', () => {
  const failure = { reason: 'unavailable', message: 'no such table', retryable: false } as const;
  const injected = { groundTruth: {}, proof: {}, evidence: [] };
  test.each([
    ['it failed', (to: RecordBuilder) => to.add('fault-failed', { fault: 'damage', failure }), true],
    [
      'only a sabotage was injected',
      (to: RecordBuilder) => to.add('fault-injected', { fault: 'damage', sabotage: true, ...injected }),
      true,
    ],
    [
      'it was injected',
      (to: RecordBuilder) => to.add('fault-injected', { fault: 'damage', sabotage: false, ...injected }),
      false,
    ],
  ])('%s', (_what, tell, walkThrough) => {
    const { caps } = assess(tell(new RecordBuilder()).record()).score;
    expect(ids(caps).includes('CF-03')).toBe(walkThrough);
  });
});

describe('a step that was undone', () => {
  const undone = (failure: null | { reason: 'exit-code'; message: string; retryable: false }) => {
    const record = buildRun().record();
    const back = new RecordBuilder()
      .add('undo-requested', { steps: ['restore'], reason: 'the wrong set' }, ben)
      .add('undo-started', { step: 'restore', describe: 'removes the copy' })
      .add('undo-ended', { step: 'restore', failure, evidence: [] });
    const at = record.entries.findIndex(
      (entry) => entry.type === 'phase-left' && entry.data.phase === 'recovery',
    );
    const entries = [...record.entries.slice(0, at), ...back.entries, ...record.entries.slice(at)];
    return assess({
      ...record,
      entries: entries.map((entry, index) => ({ ...entry, seq: index + 1 })),
    });
  };
  const stepOf = (of: ReturnType<typeof undone>) => of.measures.steps.find((one) => one.id === 'restore');

  test('is no success, and is a deviation that counts', () => {
    const assessed = undone(null);
    expect(stepOf(assessed)).toMatchObject({ result: 'undone', reason: 'the wrong set' });
    expect(assessed.measures.deviations).toMatchObject([
      { kind: 'undo', step: 'restore', reason: 'the wrong set', by: 'Ben', counts: true },
    ]);
    expect(assessed.inputs.automaticSteps.find((one) => one.id === 'restore')).toMatchObject({
      ...{ succeeded: false, note: 'undone' },
    });
    expect(assessed.backup).toBeNull();
    expect(assessed.inputs.controls.find((one) => one.id === 'backups-encrypted')?.state).toBe('not-met');
  });

  test('but only half has an unknown outcome', () => {
    const assessed = undone({ reason: 'exit-code', message: 'rm ended with 1', retryable: false });
    expect(stepOf(assessed)).toMatchObject({
      result: 'unknown-outcome',
      reason: 'its undo was begun and not completed: the wrong set',
    });
  });
});

describe('the procedure', () => {
  test('a step done by hand succeeded with help: it costs once, and is no deviation', () => {
    const { measures, inputs } = run({ byHand: true });
    expect(measures.manualHelp).toEqual(['restore']);
    expect(measures.deviations).toMatchObject([{ kind: 'by-hand', counts: false }]);
    expect(inputs.deviations.count).toBe(0);
    // Four automatic steps, one helped: 50 + 30 + 0.2 · 75.
    expect(category({ byHand: true }, 'X')).toBe(95);
  });

  test('a deviation costs twenty of thirty per cent', () => {
    expect(category({ deviation: true }, 'X')).toBe(94);
  });

  test.each([
    [5 * minute - 50, 100],
    [6 * minute, 50],
    [8 * minute, 0],
  ])('a message %d ms after the declaration, due within five minutes, gives %d', (lateMessageMs, points) => {
    expect(category({ lateMessageMs }, 'C')).toBe(points);
  });

  test('a message with a placeholder left in it gives nothing', () => {
    const record = buildRun().record();
    const entries = record.entries.map((entry) =>
      entry.type === 'message-sent'
        ? { ...entry, data: { ...entry.data, unfilled: ['answers.declare.users'] } }
        : entry,
    );
    const { score: rated, findings } = assess({ ...record, entries });
    expect(rated.categories.find((one) => one.key === 'C')?.printed).toBe(0);
    expect(findings.find((one) => one.id === 'message:initial')?.text).toContain('answers.declare.users');
  });

  test('a required message that no step sends gives nothing', () => {
    const messages = [...makePlan().messages, { ...makePlan().messages[0]!, id: 'regulator' }];
    expect(category({ plan: makePlan({ messages }) }, 'C')).toBe(50);
  });

  test('steps of an option that was not chosen are not due', () => {
    const decide = {
      ...instruct('way-back'),
      form: 'decide' as const,
      prompt: '?',
      options: [{ id: 'other', title: 'Other', steps: [uses('other-way', 'postgres.reindex')] }],
    };
    const plan = makePlan();
    const phases = [...plan.phases.slice(0, 2), phase('choice', null, [decide]), ...plan.phases.slice(2)];
    const { measures, inputs } = run({ plan: { ...plan, phases } });
    expect(measures.steps.find((one) => one.id === 'other-way')?.result).toBe('not-due');
    expect(ids(inputs.automaticSteps)).not.toContain('other-way');
  });
});

describe('independence', () => {
  const named = (more: Partial<Plan>) =>
    run({ plan: makePlan(more) }).score.caps.find((cap) => cap.id === 'CF-10')?.reason;
  const nobody = unobserved(makePlan());
  test.each([
    [
      'no observer',
      run({ plan: nobody }).score.caps.find((cap) => cap.id === 'CF-10')?.reason,
      'no independent observer',
    ],
    ['an observer with another role', named({ observer: { name: 'Ben' } }), 'also is database-lead'],
    [
      'an observer who left no entry',
      run({ observerLog: false }).score.caps.find((cap) => cap.id === 'CF-10')?.reason,
      'left no entry',
    ],
    [
      'an approver who commands',
      named({
        roles: { ...makePlan().roles, approver: { title: 'Approver' } },
        people: { ...makePlan().people, approver: { name: 'Ana' } },
      }),
      'the approver Ana also is incident-commander',
    ],
  ])('%s draws CF-10', (_what, reason, said) => {
    expect(reason).toContain(said);
  });

  const answering = (answer: object, by: typeof ana) => {
    const record = buildRun().record();
    const entries = record.entries.map((entry) =>
      entry.type === 'prompt-answered' && 'approve' in entry.data.answer
        ? { ...entry, actor: by, data: { ...entry.data, answer: answer as never } }
        : entry,
    );
    return assess({ ...record, entries });
  };
  test('approving one’s own step, or going on alone, draws CF-10', () => {
    expect(answering({ approve: true }, ben).independence.why).toContain(
      'Ben approved restore and carried it out',
    );
    expect(answering({ breakGlass: true }, ana).independence.why).toContain('Ana went on alone with restore');
    expect(answering({ approve: true }, olga).independence.independent).toBe(true);
  });

  test('a destructive step without its approval draws CF-06', () => {
    const refused = answering({ approve: false }, ana);
    expect(refused.score.caps.find((cap) => cap.id === 'CF-06')?.reason).toBe(
      'restore began without its approval',
    );
    const record = buildRun().record();
    const unconfirmed = record.entries.filter(
      (entry) => !(entry.type === 'prompt-opened' && entry.data.kind === 'confirm'),
    );
    expect(assess({ ...record, entries: unconfirmed }).score.caps.map((cap) => cap.id)).toContain('CF-06');
  });
});

describe('findings', () => {
  test('a fault that nothing saw, and damage that was found wrongly', () => {
    const record = buildRun().record();
    const entries = record.entries.map((entry) => {
      if (entry.type === 'detection-evaluated')
        return { ...entry, data: { signs: entry.data.signs.map((sign) => ({ ...sign, seen: false })) } };
      if (entry.type === 'step-succeeded' && entry.data.step === 'extent')
        return { ...entry, data: { ...entry.data, outputs: { damaged: ['payments'] } } };
      return entry;
    });
    const { findings } = assess({ ...record, entries });
    expect(findings.find((one) => one.id === 'fault-not-detected')?.class).toBe('medium');
    expect(findings.find((one) => one.id === 'damage-differs:damage')).toMatchObject({
      class: 'high',
      text: 'the runbook found payments, what was damaged is bookings',
    });
    const blind = assess({
      ...record,
      entries,
      ledger: record.ledger.filter((line) => line.kind !== 'state'),
    });
    expect(blind.findings.find((one) => one.id === 'fault-not-detected')?.class).toBe('high');
  });

  test('a sabotage that no check caught, and one that was', () => {
    const sabotage = { ...makePlan().faults[0]!, id: 'truncate', inject: 'truncate-backup', sabotage: true };
    const plan = makePlan({ faults: [...makePlan().faults, sabotage] });
    const play = (byHand: boolean) => {
      const builder = buildRun({ plan, byHand });
      const at = builder.entries.findIndex((entry) => entry.type === 'detection-evaluated');
      const injected = builder.entries.find((entry) => entry.type === 'fault-injected')!;
      builder.entries.splice(at, 0, {
        ...injected,
        data: { ...injected.data, fault: 'truncate', sabotage: true },
      } as never);
      builder.entries.forEach((entry, index) => {
        (entry as { seq: number }).seq = index + 1;
      });
      return assess(builder.record());
    };
    expect(ids(play(false).findings)).toContain('sabotage-not-caught:truncate');
    expect(play(true).measures.faults.find((one) => one.id === 'truncate')?.caughtBy?.length).toBeGreaterThan(
      0,
    );
  });

  test('what is still owed is high, and keeps the verdict from being met, as the run itself has it', () => {
    const verdict = 'inconclusive' as const;
    const record = buildRun().record();
    const open = new RecordBuilder().add('obligation-opened', { obligation: 'slot', text: 'drop the slot' });
    const entries = record.entries.flatMap((entry) =>
      entry.type === 'run-ended'
        ? [...open.entries, { ...entry, data: { ...entry.data, verdict } }]
        : [entry],
    );
    const { findings, outcome } = assess({ ...record, entries });
    expect(findings.find((one) => one.id === 'obligation-open:slot')?.class).toBe('high');
    expect(outcome).toMatchObject({ verdict, verdictBecause: 'still to do: drop the slot' });
    expect(ids(findings)).not.toContain('verdict-disagrees');
  });

  test('a run that calls itself met without being it', () => {
    const record = buildRun({ sentinel: false }).record();
    const entries = record.entries.map((entry) =>
      entry.type === 'run-ended' ? { ...entry, data: { ...entry.data, verdict: 'met' as const } } : entry,
    );
    const { findings, outcome } = assess({ ...record, entries });
    expect(outcome).toMatchObject({ saidVerdict: 'met', verdict: 'inconclusive' });
    expect(findings.find((one) => one.id === 'verdict-disagrees')?.class).toBe('high');
  });

  test('every finding that speaks of an entry names one that exists', () => {
    const record = buildRun({ byHand: true, deviation: true, lost: 2, lateMessageMs: 9 * minute }).record();
    for (const one of assess(record).findings)
      for (const seq of one.evidence) expect(record.entries[seq - 1]?.seq).toBe(seq);
  });
});

describe('security', () => {
  const control = (how: Variation, id: string) => run(how).inputs.controls.find((one) => one.id === id);
  test('what no entry shows is not met, and says that it was not measured', () => {
    expect(control({}, 'key-from-escrow')).toMatchObject({ state: 'not-met', provenance: 'not-measured' });
    expect(control({}, 'backups-encrypted')).toMatchObject({ state: 'met' });
    expect(control({ sealed: false }, 'no-secret')).toMatchObject({
      state: 'not-met',
      provenance: 'not-measured',
    });
  });

  test('what is not sealed has not passed the scan for secrets and draws CF-09; what is sealed never does', () => {
    const caps = (sealed: boolean) => run({ sealed }).score.caps;
    expect(ids(caps(true))).not.toContain('CF-09');
    expect(caps(false)).toMatchObject([
      { id: 'CF-09', limit: 65, reason: expect.stringContaining('not sealed') as string },
    ]);
  });

  test('restored data that are kept on purpose are not destroyed', () => {
    const kept = ['lab in /var/tmp/lab stays up, with what was restored in it'];
    const record = buildRun().record();
    const entries = record.entries.map((entry) =>
      entry.type === 'environment-closed' ? { ...entry, data: { ...entry.data, kept } } : entry,
    );
    const destroyed = (of: typeof record.entries) =>
      assess({ ...record, entries: of }).inputs.controls.find((one) => one.id === 'restored-destroyed');
    expect(destroyed(record.entries)).toMatchObject({ state: 'met' });
    expect(destroyed(entries)).toMatchObject({
      state: 'not-met',
      provenance: 'measured',
      note: `kept on purpose: ${kept[0]}`,
    });
  });

  test('erasure replay does not apply to generated data; where people’s data are in scope it draws CF-08', () => {
    expect(control({}, 'erasure-replay')).toMatchObject({
      state: 'not-applicable',
      approver: 'the rule of this formula version',
    });
    const plan = makePlan({ environment: { name: 'lab', kind: 'lab', settings: { personalData: true } } });
    expect(control({ plan }, 'erasure-replay')?.state).toBe('not-met');
    expect(ids(run({ plan }).score.caps)).toContain('CF-08');
    const seeded = makePlan({ environment: { name: 'lab', kind: 'lab', settings: { from: 'production' } } });
    expect(control({ plan: seeded }, 'erasure-replay')).toMatchObject({
      state: 'not-met',
      provenance: 'not-measured',
    });
  });
});

test('the backup that was used: what the steps reported, its age when the restore began, and what nobody reported', () => {
  const record = buildRun().record();
  const started = record.entries.find(
    (entry) => entry.type === 'step-started' && entry.data.step === 'restore',
  );
  const takenAt = new Date(Date.parse(started?.at ?? '') - 90_000).toISOString();
  const entries = record.entries.map((entry) =>
    entry.type === 'step-succeeded' && entry.data.step === 'restore'
      ? { ...entry, data: { ...entry.data, outputs: { backup: 'set-1', takenAt, bytes: 5, passedOver: [] } } }
      : entry,
  );
  const { backup } = assess({ ...record, entries });
  const fact = (name: string) => backup?.facts.find((one) => one.name === name)?.value;
  expect(backup?.id).toBe('set-1');
  expect(fact('age when the restore began')).toBe('1m 30s');
  expect(fact('passed over')).toBe('none');
  expect(fact('place')).toBe('not reported');
  expect(run({ stopAfter: { phase: 'assessment', end: 'failed' } }).backup).toBeNull();
});
