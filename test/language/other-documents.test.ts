import { describe, expect, test } from 'vitest';
import { actionModulesNamedBy, messagesNamedBy, referencesOf } from '../../src/language/index.js';
import {
  beforeText,
  configurationText,
  drillText,
  messagesText,
  rubricText,
  runbookText,
} from './examples.js';
import { edit, load, places, problems, takeMarks, validate } from './reading.js';

type Mistake = [name: string, text: string, from: string, to: string, codes: string[], says?: RegExp];

test.each([
  ['configuration', configurationText],
  ['drill', drillText],
  ['rubric', rubricText],
  ['messages', messagesText],
  ['checklist', beforeText],
])('the worked %s is right', (_, text) => {
  expect(problems(text)).toEqual([]);
});

test.each<Mistake>([
  ['weights above 100', rubricText, 'categories:', '▶categories:', ['weights-not-100'], /sum to 105/],
  ['a category that stands twice', rubricText, 'key: E,', 'key: ▶S,', ['duplicate-id']],
  ['an unknown category', rubricText, 'key: E,', 'key: ▶Z,', ['bad-value']],
  ['an unknown cap', rubricText, 'CF-10]', '▶CF-99]', ['bad-value'], /CF-/],
  [
    'an unknown audience',
    messagesText,
    'audience: customers',
    'audience: ▶customer',
    ['bad-value'],
    /Did you mean "customers"/,
  ],
  [
    'an unknown action in a checklist',
    beforeText,
    'uses: service.is-stopped',
    'uses: ▶service.is-stoped',
    ['unknown-action'],
    /service\.is-stopped/,
  ],
  [
    'a time without offset',
    drillText,
    'scheduled: 2027-01-17T09:00:00+08:00',
    'scheduled: ▶2027-01-17',
    ['bad-time'],
    /\+08:00/,
  ],
  [
    'two faults of one id',
    drillText,
    'rubric: rubrics',
    '  - {inject: ▶corrupt-heap-pages, with: {relation: users}}\nrubric: rubrics',
    ['duplicate-id'],
  ],
  [
    'a fault without its argument',
    drillText,
    '{relation: bookings, pages: 3}',
    '▶{pages: 3}',
    ['missing-argument'],
  ],
  [
    'an insertion in a fault',
    drillText,
    'relation: bookings',
    'relation: ▶"${inputs.relation}"',
    ['not-inserted-here'],
  ],
  [
    'an unknown environment kind',
    configurationText,
    'lab: {kind: lab}',
    'lab: {kind: ▶labb}',
    ['bad-value'],
    /Did you mean "lab"/,
  ],
  [
    'an environment without kind',
    configurationText,
    'lab: {kind: lab}',
    'lab: ▶{scale: 2}',
    ['missing-key'],
    /lab or declared/,
  ],
  [
    'an unknown store',
    configurationText,
    '    store: main\n    policy',
    '    store: ▶mian\n    policy',
    ['unknown-store'],
    /Stores: main/,
  ],
  [
    'an unknown store of a policy',
    configurationText,
    'way: physical, store: main',
    'way: physical, store: ▶s3',
    ['unknown-store'],
  ],
  [
    'a lab that protects nothing there is',
    configurationText,
    'lab: {kind: lab}',
    'lab: {kind: lab, protects: [▶prod]}',
    ['unknown-environment'],
  ],
  [
    'an identifier that is a number',
    configurationText,
    '"7412345678901234567"',
    '▶7412345678901234567',
    ['bad-number'],
    /quotes/,
  ],
  [
    'a shell line for a command',
    configurationText,
    'argv: [logger, -t, firedrill]',
    'argv: ▶logger -t firedrill',
    ['wrong-type'],
  ],
  [
    'an unknown audience of a channel',
    configurationText,
    '  internal: {',
    '  ▶everybody: {',
    ['bad-name'],
    /regulator/,
  ],
  [
    'a webhook without address',
    configurationText,
    '{kind: webhook, urlFile: /etc/firedrill/webhook}',
    '▶{kind: webhook}',
    ['webhook-address'],
  ],
  [
    'a password',
    configurationText,
    'user: firedrill,',
    'user: firedrill, ▶password: hunter2,',
    ['secret-in-configuration'],
    /passfile/,
  ],
  [
    'a token, deep in a channel',
    configurationText,
    '{kind: outbox}',
    '{kind: outbox, ▶apiToken: abc}',
    ['secret-in-configuration'],
  ],
  [
    'a password in an address',
    configurationText,
    'host: db.internal, port: 5432, name',
    'host: ▶"postgres://u:p@db", port: 5432, name',
    ['secret-in-configuration'],
  ],
])('%s', (_, text, from, to, codes, says) => {
  const edited = edit(text, from, to);
  const { text: document, marks } = takeMarks(
    codes[0] === 'weights-not-100' ? edit(edited, 'weight: 5', 'weight: 10') : edited,
  );
  const found = validate(document);
  expect(places(found)).toEqual(marks.map((mark, index) => `${mark} ${codes[index] ?? '?'}`));
  if (says) expect(found.map(({ message, hint }) => `${message} | ${hint ?? ''}`).join('\n')).toMatch(says);
});

test('the value of a secret is never repeated', () => {
  const text = edit(configurationText, 'user: firedrill,', 'user: firedrill, password: hunter2,');
  expect(JSON.stringify(validate(text))).not.toContain('hunter2');
});

describe('what has to be read besides', () => {
  test('a drill names its files, each with the place where it does', () => {
    const references = referencesOf(load('Drill', drillText));
    expect(references).toMatchObject({
      runbook: {
        path: '../runbooks/database-corruption.yaml',
        position: { file: 'drill.yaml', line: 5, column: 10 },
      },
      rubric: { path: 'rubrics/evidence.yaml' },
      checklists: { before: { path: 'checklists/before.yaml' }, after: { path: 'checklists/after.yaml' } },
      messages: [{ path: '../runbooks/messages/corruption.yaml', position: { line: 18, column: 12 } }],
    });
  });

  test('what is not named is null or empty', () => {
    const bare = drillText
      .split('\n')
      .filter((line) => !/^(rubric|checklists|messages):/.test(line))
      .join('\n');
    expect(referencesOf(load('Drill', bare))).toMatchObject({
      rubric: null,
      checklists: { before: null, after: null },
      messages: [],
    });
    expect(messagesNamedBy(load('Runbook', runbookText))).toEqual([]);
    expect(actionModulesNamedBy(load('Configuration', configurationText)).map((one) => one.path)).toEqual([
      './actions/own.js',
    ]);
  });
});
