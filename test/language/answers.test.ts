import { describe, expect, test } from 'vitest';
import { compose, filePlaces } from './composing.js';
import { drillText, runbookText } from './examples.js';
import { edit, takeMarks } from './reading.js';

const unattended = { unattended: true };

test('with an answer for everything that can be asked, a drill runs without people', () => {
  expect(filePlaces(compose({}, unattended))).toEqual([]);
});

test('whoever is declared absent needs no answer, and is kept apart from those who give one', () => {
  const drill = edit(drillText, 'fence: {approve: true}', 'fence: {absent: 10s}');
  const { plan, diagnostics } = compose({ drill }, unattended);
  expect(diagnostics).toEqual([]);
  expect(plan?.answers.absent).toEqual({ fence: 10_000 });
  expect(plan?.answers.steps).not.toHaveProperty('fence');
  expect(compose({}, unattended).plan?.answers).not.toHaveProperty('absent');
});

describe('what is missing is named, one by one', () => {
  const steps: [string, string][] = [
    ['    declare: {severity: P0, users: Everybody}\n', 'no declared answer for the form of step "declare"'],
    ['    fence: {approve: true}\n', 'no declared answer for the approval of step "fence"'],
    ['    restore: {approve: true}\n', 'no declared answer for the approval of step "restore"'],
    ['    re-protect: {done: true}\n', 'no declared answer for the task of step "re-protect"'],
    ['    clock: {done: true}\n', 'no declared answer for the task of step "clock"'],
    ['    notes: {done: true}\n', 'no declared answer for the task of step "notes"'],
  ];

  test.each(steps)('%j', (line, message) => {
    const composed = compose({ drill: edit(drillText, line, '') }, unattended);
    expect(composed.plan).toBeNull();
    expect(composed.diagnostics).toEqual([expect.objectContaining({ code: 'missing-answer', message })]);
  });

  test('without a choice every option can come, and asks what it asks', () => {
    const drill = edit(drillText, '    way-back: {option: whole}\n', '');
    const { diagnostics } = compose({ drill }, unattended);
    expect(diagnostics.map((one) => one.message)).toEqual([
      'no declared answer for the decision of step "way-back"',
      'no declared answer for the task of step "reindex"',
    ]);
  });

  test('without any answers all prompts are named', () => {
    const drill = drillText.slice(0, drillText.indexOf('answers:'));
    const { diagnostics } = compose({ drill }, unattended);
    expect(diagnostics).toHaveLength(8);
    expect(new Set(diagnostics.map((one) => `${one.file} ${one.code}`))).toEqual(
      new Set(['drill.yaml missing-answer']),
    );
  });

  test('a step that asks when it fails needs an answer for that too', () => {
    const runbook = edit(
      runbookText,
      '        uses: service.stop\n',
      '        uses: service.stop\n        onFailure: ask\n',
    );
    expect(compose({ runbook }, unattended).diagnostics.map((one) => one.message)).toEqual([
      'no declared answer for the failure of step "stop-application"',
    ]);
    const drill = edit(drillText, 'answers:\n', 'answers:\n  onFailure: abort\n');
    expect(compose({ runbook, drill }, unattended).plan?.answers.onFailure).toBe('abort');
  });

  test('with people nothing needs to be declared', () => {
    const drill = drillText.slice(0, drillText.indexOf('answers:'));
    expect(filePlaces(compose({ drill }))).toEqual([]);
  });
});

describe('an answer is one that a person could give', () => {
  test.each([
    ['an unknown step', 'declare: {', '▶declrae: {severity: P0}\n    declare: {', 'unknown-step'],
    ['a step that asks nothing', 'declare: {', 'extent: {▶done: true}\n    declare: {', 'unknown-answer'],
    ['an unknown field', 'users: Everybody', 'users: Everybody, ▶sevrity: P1', 'unknown-answer'],
    ['a missing field', '{severity: P0, users: Everybody}', '▶{severity: P0}', 'missing-field'],
    ['no such choice', 'severity: P0', 'severity: ▶P7', 'bad-answer'],
    ['a number for a text', 'users: Everybody', 'users: ▶12', 'bad-answer'],
    ['a text that is too long', 'users: Everybody', `users: ▶${'x'.repeat(201)}`, 'bad-answer'],
    ['no such option', 'option: whole', 'option: ▶hole', 'bad-answer'],
    ['a refusal', 'fence: {approve: true}', 'fence: {approve: ▶false}', 'bad-answer'],
    ['an absence without a unit', 'fence: {approve: true}', 'fence: {absent: ▶10}', 'bad-answer'],
    ['absent and answered', 'fence: {approve: true}', 'fence: {approve: true, absent: ▶10s}', 'bad-answer'],
    ['absent from nothing', 'declare: {', 'extent: {absent: ▶10s}\n    declare: {', 'unknown-answer'],
    ['a task undone', 'notes: {done: true}', 'notes: {done: ▶"true"}', 'bad-answer'],
  ])('%s', (_, from, to, code) => {
    const { text, marks } = takeMarks(edit(drillText, from, to));
    for (const settings of [{}, unattended]) {
      expect(filePlaces(compose({ drill: text }, settings))).toContain(
        `drill.yaml:${marks[0] ?? ''} ${code}`,
      );
    }
  });

  test.each([
    ['number: {min: 1, max: 5}', '3', '7'],
    ['number: {min: 1}', '1', '"1"'],
    ['time: true', '2027-01-17T09:00:00+08:00', 'tomorrow'],
    ['confirm: {}', 'false', '"no"'],
  ])('a field {%s} takes %s and not %s', (kind, right, wrong) => {
    const runbook = edit(runbookText, 'users: {text: {max: 200},', `users: {${kind},`);
    const answered = (value: string) =>
      compose({ runbook, drill: edit(drillText, 'users: Everybody', `users: ${value}`) }, unattended);
    expect(filePlaces(answered(right))).toEqual([]);
    expect(answered(wrong).diagnostics.map((one) => one.code)).toEqual(['bad-answer']);
  });
});

describe('unattended is for labs', () => {
  test('a live run is refused', () => {
    const composed = compose({}, { ...unattended, mode: 'live', environment: 'production' });
    expect(composed.plan).toBeNull();
    expect(composed.diagnostics.map((one) => one.code)).toContain('unattended-needs-lab');
  });

  test('a live run is refused even in a lab', () => {
    const composed = compose({}, { ...unattended, mode: 'live' });
    expect(composed.diagnostics.map((one) => one.code)).toContain('unattended-needs-lab');
  });

  test('a drill on a declared environment is refused', () => {
    const composed = compose({}, { ...unattended, environment: 'production' });
    expect(composed.diagnostics.map((one) => one.code)).toContain('unattended-needs-lab');
  });
});
