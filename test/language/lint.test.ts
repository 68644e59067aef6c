import { describe, expect, test } from 'vitest';
import { hasErrors } from '../../src/base/index.js';
import {
  isPlaceholder,
  lintRunbook,
  promoteWarnings,
  structuralLossMs,
  type PolicyDocument,
} from '../../src/language/index.js';
import { compose, filePlaces } from './composing.js';
import { configurationText, drillText, messagesText, runbookText } from './examples.js';
import { edit, load, places, takeMarks } from './reading.js';
import { vocabulary } from './vocabulary.js';

function lint(text: string): string[] {
  return places(lintRunbook(load('Runbook', text), vocabulary));
}

test('the worked runbook has nothing to warn of', () => {
  expect(lint(runbookText)).toEqual([]);
});

describe('a runbook by itself', () => {
  test.each<[name: string, from: string, to: string, code: string]>([
    [
      'phases longer than the objective',
      'objectives: {rto: 4h',
      'objectives: {rto: 1h',
      'targets-exceed-rto',
    ],
    ['a task for nobody', '        role: incident-commander\n        ask:', '        ask:', 'no-role'],
    [
      'an answer that may come after its phase',
      '        timeout: 5m\n        onTimeout: remind',
      '        timeout: ▶16m\n        onTimeout: remind',
      'timeout-exceeds-phase',
    ],
    [
      'an approver who is the executor',
      'approve: {by: [incident-commander], not: executor}',
      'approve: ▶{by: [database-lead], not: executor}',
      'approver-is-executor',
    ],
    [
      'no check',
      '        uses: service.stop\n        check: {uses: service.is-stopped}\n',
      '        uses: ▶service.stop\n',
      'no-check',
    ],
    ['no way back', '        undo: {uses: service.start}\n', '', 'no-undo'],
    [
      'destruction without approval',
      '        approve: {by: [incident-commander], not: executor}\n',
      '',
      'unguarded-destruction',
    ],
    ['a message without deadline', '        due: {within: 10m, of: declared}\n', '', 'no-deadline'],
  ])('%s', (_, from, to, code) => {
    const { text, marks } = takeMarks(edit(runbookText, from, to));
    const found = lint(text);
    if (code === 'targets-exceed-rto')
      expect(found).toEqual(['8:42 expected-exceeds-rto', '30:1 targets-exceed-rto']);
    else expect(found).toEqual([expect.stringMatching(` ${code}$`)]);
    if (marks.length > 0) expect(found[0]).toBe(`${marks[0] ?? ''} ${code}`);
  });

  test('no detection signs', () => {
    const text =
      runbookText.slice(0, runbookText.indexOf('detection:')) +
      runbookText.slice(runbookText.indexOf('acceptance:'));
    expect(lint(text)).toEqual(['3:5 no-detection']);
  });

  test('a step that only one mode has is looked at too', () => {
    const text = edit(
      runbookText,
      '        uses: service.stop\n',
      '        uses: service.stop\n        live: {uses: service.start}\n',
    );
    expect(lint(text)).toEqual(['70:22 no-check', '70:22 no-undo']);
  });

  test('reading steps and messages need neither check nor way back', () => {
    const text = edit(
      runbookText,
      '        uses: service.stop\n        check: {uses: service.is-stopped}\n        undo: {uses: service.start}\n        effect: idempotent\n',
      '        uses: postgres.find-damage\n',
    );
    expect(lint(text)).toEqual([]);
  });
});

describe('documents side by side', () => {
  test('what is lost although everything works, held against the objective', () => {
    const slow = edit(configurationText, 'interval: 30m', 'interval: 1h');
    const settings = { mode: 'live', environment: 'production' } as const;
    const lab = compose({ configuration: slow });
    expect(filePlaces(lab)).toEqual([]);
    const live = compose({ configuration: slow, drill: null }, settings);
    expect(filePlaces(live)).toEqual(['firedrill.yaml:16:50 loss-exceeds-rpo']);
    expect(live.diagnostics[0]?.message).toContain('1h 10m 00s');
    const streamed = edit(slow, 'interval: 1h', 'interval: 1h, wal: {lag: 30s}');
    expect(filePlaces(compose({ configuration: streamed, drill: null }, settings))).toEqual([]);
    const late = edit(configurationText, 'alarm: 45m', 'alarm: 2h');
    expect(filePlaces(compose({ configuration: late, drill: null }, settings))).toEqual([
      'firedrill.yaml:16:88 alarm-exceeds-rpo',
    ]);
  });

  test('structural loss is interval, duration and upload together', () => {
    const policy = { interval: 3_600_000, duration: 60_000, upload: 30_000 } as PolicyDocument;
    expect(structuralLossMs(policy)).toBe(3_690_000);
    expect(structuralLossMs({ interval: 5 } as PolicyDocument)).toBe(5);
  });

  test('a scenario that needs two regions in an environment with one', () => {
    const runbook = edit(runbookText, 'severity: P0\n', 'severity: P0\nrequires: {regions: 2}\n');
    expect(filePlaces(compose({ runbook }))).toEqual([]);
    const configuration = edit(configurationText, 'lab: {kind: lab}', 'lab: {kind: lab, regions: 1}');
    expect(filePlaces(compose({ runbook, configuration }))).toEqual([
      'drill.yaml:6:14 environment-cannot-run',
    ]);
  });

  test('two roles of one person are one pair of eyes', () => {
    const drill = edit(drillText, 'incident-commander: {name: Ana', 'incident-commander: {name: Ben');
    expect(compose({ drill }).diagnostics.map((one) => one.code)).toEqual([
      'approver-is-executor',
      'approver-is-executor',
    ]);
  });

  test('a drill in which nothing breaks', () => {
    const drill = edit(
      drillText,
      '{inject: corrupt-heap-pages',
      '{sabotage: true, inject: corrupt-heap-pages',
    );
    expect(filePlaces(compose({ drill }))).toEqual(['drill.yaml:15:3 no-disaster']);
  });

  test('a required message that nobody sends', () => {
    const messages = `${messagesText}  - {id: never, audience: internal, subject: A, body: B}\n`;
    expect(filePlaces(compose({ messages }))).toEqual(['messages.yaml:11:10 message-not-sent']);
    expect(filePlaces(compose({ messages: edit(messages, 'body: B', 'body: B, required: false') }))).toEqual(
      [],
    );
  });
});

test('strict makes errors of warnings, and of nothing else', () => {
  const { diagnostics, plan } = compose({ drill: edit(drillText, '+63 917 000 1111', 'TODO') });
  expect(plan).not.toBeNull();
  expect(hasErrors(diagnostics)).toBe(false);
  const strict = promoteWarnings(diagnostics);
  expect(hasErrors(strict)).toBe(true);
  expect(strict).toEqual(diagnostics.map((one) => ({ ...one, severity: 'error' })));
});

test('placeholders are told from names', () => {
  expect(['', ' ', 'TBD', 'Your name', '…'].map(isPlaceholder)).toEqual([true, true, true, true, true]);
  expect(['Ana', 'Todd', 'Nadia', 'On-call desk'].map(isPlaceholder)).toEqual([false, false, false, false]);
});
