import { describe, expect, test } from 'vitest';
import { runbookText } from './examples.js';
import { edit, places, takeMarks, validate } from './reading.js';

/** What is replaced, what by (`▶` before everything that must be reported), the codes in order, and what must be said. */
type Mistake = [name: string, from: string, to: string, codes: string[], says?: RegExp];

function expectProblems(text: string, codes: readonly string[], says?: RegExp) {
  const { text: document, marks } = takeMarks(text);
  const diagnostics = validate(document);
  expect(places(diagnostics)).toEqual(marks.map((mark, index) => `${mark} ${codes[index] ?? '?'}`));
  expect(marks).toHaveLength(codes.length);
  if (says)
    expect(diagnostics.map(({ message, hint }) => `${message} | ${hint ?? ''}`).join('\n')).toMatch(says);
}

test('the worked runbook is right', () => {
  expect(places(validate(runbookText))).toEqual([]);
});

describe('the shape of a runbook', () => {
  test.each<Mistake>([
    ['a key with a typo', 'severity: P0\n', '▶sevrity: P0\n', ['unknown-key'], /Did you mean "severity"/],
    [
      'a key of somewhere else',
      '        title: Find',
      '        ▶people: {}\n        title: Find',
      ['unknown-key'],
      /unknown key "people" in a step/,
    ],
    [
      'an unknown version',
      'apiVersion: firedrill/v1',
      'apiVersion: ▶firedrill/v9',
      ['unknown-version'],
      /firedrill\/v1/,
    ],
    ['a kind with a typo', 'kind: Runbook', 'kind: ▶Runbok', ['unknown-kind'], /Did you mean "Runbook"/],
    [
      'a number for a version',
      'version: 1.0.0',
      'version: ▶1.0',
      ['wrong-type'],
      /text expected, not the number 1\.0.*quotes/,
    ],
    ['a version of two parts', 'version: 1.0.0', 'version: ▶"1.0"', ['bad-version']],
    [
      'no unit',
      'target: 15m\n    steps:\n      - id: extent',
      'target: ▶15\n    steps:\n      - id: extent',
      ['bad-duration'],
      /`15m`/,
    ],
    ['a wrong unit', 'hold: 5s', 'hold: ▶5 sec', ['bad-duration']],
    ['a negative duration', 'hold: 5s', 'hold: ▶-5s', ['bad-duration']],
    [
      'an upper-case id',
      'id: database-corruption',
      'id: ▶Database_Corruption',
      ['bad-id'],
      /joined by hyphens/,
    ],
    ['an unknown severity', 'severity: P0\n', 'severity: ▶P9\n', ['bad-value'], /Did you mean "P0"/],
    ['a word for a truth value', 'critical: true', 'critical: ▶yes', ['wrong-type'], /`true` or `false`/],
    [
      'a sentence for an expectation',
      '{failures: {atLeast: 1}}',
      '{failures: ▶1}',
      ['wrong-type'],
      /\{equals: 1\}/,
    ],
    ['an expectation of nothing', '{failures: {atLeast: 1}}', '{failures: ▶{}}', ['empty-expectation']],
    [
      'an expectation with a typo',
      '{failures: {atLeast: 1}}',
      '{failures: {▶atleast: 1}}',
      ['unknown-key'],
      /Did you mean "atLeast"/,
    ],
    ['a broken pattern', '{status: {equals: 200}}', '{status: {matches: ▶"["}}', ['bad-pattern']],
    [
      'an empty text',
      'why: Which relations are damaged decides how we come back.',
      'why: ▶""',
      ['empty-text'],
    ],
    [
      'an empty value',
      'why: Which relations are damaged decides how we come back.',
      '▶why:',
      ['wrong-type'],
      /not nothing/,
    ],
    [
      'no such time-out rule',
      'onTimeout: remind',
      'onTimeout: ▶proceed',
      ['bad-value'],
      /remind, escalate, fail/,
    ],
    [
      'a form that asks for nothing',
      'severity: {choice: [P0, P1, P2, P3], prompt: How severe is it?}',
      'severity: ▶{prompt: How severe is it?}',
      ['field-kind'],
    ],
    [
      'a form that asks for two things',
      'users: {text: {max: 200},',
      'users: ▶{confirm: true, text: {max: 200},',
      ['field-kind'],
    ],
    [
      'a list for parallel',
      'wait: {until: acceptance, every: 1s}',
      'parallel: ▶[]',
      ['wrong-type'],
      /`steps`/,
    ],
    [
      'a misspelt wait',
      'wait: {until: acceptance, every: 1s}',
      'wait: {until: ▶acceptence, every: 1s}',
      ['bad-value'],
      /acceptance/,
    ],
    ['several mistakes at once', 'hold: 5s\n', 'hold: ▶5\n  ▶holt: 5s\n', ['bad-duration', 'unknown-key']],
  ])('%s', (_, from, to, codes, says) => {
    expectProblems(edit(runbookText, from, to), codes, says);
  });

  test('what is missing is reported where it should stand', () => {
    expect(places(validate(edit(runbookText, 'kind: Runbook\n', '')))).toEqual(['1:1 missing-kind']);
    expect(places(validate(edit(runbookText, 'apiVersion: firedrill/v1\n', '')))).toEqual([
      '1:1 missing-version',
    ]);
    expect(places(validate(edit(runbookText, 'hold: 5s\n', '\n')))).toEqual(['25:3 missing-key']);
    expect(places(validate(edit(runbookText, 'title: Declare the incident\n', '\n')))).toEqual([
      '45:9 missing-key',
    ]);
  });
});

describe('steps', () => {
  test.each<Mistake>([
    [
      'two forms',
      '        uses: service.stop\n',
      '        uses: service.stop\n        ▶instruct: Stop it\n',
      ['several-forms'],
      /"stop-application" has uses and instruct/,
    ],
    [
      'saves beside a question',
      'marks: declared',
      'marks: declared\n        ▶saves: {a: b}',
      ['key-not-for-form'],
      /answers\.declare/,
    ],
    [
      'retry beside a choice',
      'onTimeout: escalate',
      'onTimeout: escalate\n        ▶retry: {attempts: 2}',
      ['key-not-for-form'],
    ],
    [
      'continue without a reason',
      '        uses: service.stop\n',
      '        uses: service.stop\n        onFailure: ▶continue\n',
      ['because-missing'],
    ],
    [
      'a reason for nothing',
      '        uses: service.stop\n',
      '        uses: service.stop\n        ▶because: it may\n',
      ['because-unused'],
    ],
    [
      'a measured point set by hand',
      'marks: declared',
      'marks: ▶service-verified',
      ['mark-is-measured'],
      /acceptance checks/,
    ],
    [
      'an unknown role',
      'role: communications-lead\n',
      'role: ▶comunications-lead\n',
      ['unknown-role'],
      /Did you mean "communications-lead"/,
    ],
    ['an unknown approver', 'breakGlass: incident-commander', 'breakGlass: ▶commander', ['unknown-role']],
    ['an id that stands twice', 'id: fence', 'id: ▶declare', ['duplicate-id'], /line 45/],
    ['a phase that stands twice', 'id: containment', 'id: ▶assessment', ['duplicate-id']],
    ['a phase called start', 'id: containment', 'id: ▶start', ['reserved-id']],
    [
      'an unknown action',
      'uses: postgres.set-aside',
      'uses: ▶postgres.set-asied',
      ['unknown-action'],
      /Did you mean "postgres\.set-aside"/,
    ],
    [
      'an unknown action of a known family',
      'uses: postgres.set-aside',
      'uses: ▶postgres.explode',
      ['unknown-action'],
      /postgres\.restore/,
    ],
    ['an action without family', 'uses: postgres.set-aside', 'uses: ▶explode', ['bad-action-name']],
    [
      'an unknown argument',
      'with: {backup: newest-usable, until',
      'with: {backup: newest-usable, ▶untill: now, until',
      ['unknown-argument'],
      /Did you mean "until"/,
    ],
    [
      'a missing argument',
      'with: {backup: newest-usable, until: latest, into: replacement}',
      'with: ▶{backup: newest-usable, until: latest}',
      ['missing-argument'],
      /"into"/,
    ],
    [
      'a word that is not allowed',
      'into: replacement}',
      'into: ▶replacment}',
      ['bad-argument'],
      /Did you mean "replacement"/,
    ],
    [
      'none of several forms, one message',
      'with: {backup: newest-usable',
      'with: {backup: ▶yesterday',
      ['bad-argument'],
      /one of/,
    ],
    [
      'an argument of the wrong type',
      'into: replacement}',
      'into: replacement, workers: ▶many}',
      ['bad-argument'],
      /integer/,
    ],
    [
      'a deep argument',
      '/health"}',
      '/health", headers: {Accept: ▶7}}',
      ['bad-argument'],
      /"headers\.Accept"/,
    ],
    [
      'an argument for an action without any',
      'check: {uses: postgres.is-set-aside}',
      'check: {uses: postgres.is-set-aside, with: {▶now: true}}',
      ['unknown-argument'],
      /no arguments/,
    ],
    [
      'an output that does not exist',
      'saves: {backup: backup}',
      'saves: {backup: ▶bakup}',
      ['unknown-output'],
      /Did you mean "backup"/,
    ],
    [
      'an expectation of no output',
      'expect: {status: {equals: 200}}',
      'expect: {▶code: {equals: 200}}',
      ['unknown-output'],
      /status/,
    ],
    [
      'a check that answers nothing',
      'check: {uses: service.is-stopped}\n        undo',
      'check: {uses: ▶http.get, with: {url: "http://a"}}\n        undo',
      ['check-without-expectation'],
      /status, body/,
    ],
    [
      'a suggestion that is no option',
      'suggest: "${steps.extent.suggestion}"',
      'suggest: ▶all',
      ['unknown-option'],
    ],
    [
      'an override with a typo',
      '        uses: service.stop\n',
      '        uses: service.stop\n        drill: {▶timout: 5s}\n',
      ['unknown-key'],
      /Did you mean "timeout"/,
    ],
    [
      'an override that breaks the step',
      '        uses: service.stop\n',
      '        uses: service.stop\n        live: {uses: ▶service.stopp}\n',
      ['unknown-action'],
    ],
    [
      'a mistake seen in both modes is told once',
      'into: replacement}',
      'into: ▶side-ways}',
      ['bad-argument'],
    ],
    [
      'an unknown message condition',
      'onTimeout: escalate',
      'onTimeout: escalate\n        when: {step: ▶extend, is: succeeded}',
      ['unknown-step'],
      /Did you mean "extent"/,
    ],
    [
      'a condition on what comes later',
      'onTimeout: remind',
      'onTimeout: remind\n        when: {step: ▶fence, is: failed}',
      ['later-step'],
    ],
    [
      'a condition on an unknown answer',
      'onTimeout: escalate',
      'onTimeout: escalate\n        when: {all: [{not: {answer: ▶declare.severty, equals: P0}}]}',
      ['unknown-name'],
      /declare\.severity/,
    ],
    [
      'a condition that can never hold',
      'onTimeout: escalate',
      'onTimeout: escalate\n        when: {answer: declare.severity, equals: ▶P7}',
      ['impossible-answer'],
    ],
  ])('%s', (_, from, to, codes, says) => {
    expectProblems(edit(runbookText, from, to), codes, says);
  });

  test('a decision offers at least two options', () => {
    const text = edit(
      runbookText,
      '            indexes-only:\n              title: Rebuild the indexes\n',
      '',
    );
    const one = edit(
      text,
      '              steps:\n                - {id: reindex, title: Rebuild the indexes, role: database-lead, instruct: "Rebuild what ${steps.extent.damaged} needs"}\n',
      '',
    );
    expect(places(validate(one))).toEqual(['93:11 no-choice']);
  });

  test('blocks, forms and expectations that hold nothing are no blocks, forms and expectations', () => {
    const noSteps = edit(runbookText, 'wait: {until: acceptance, every: 1s}', 'parallel: {steps: ▶[]}');
    expectProblems(noSteps, ['too-few-items']);
    expectProblems(edit(runbookText, 'expect: {status: {equals: 200}}', 'expect: ▶{}'), ['too-few-entries']);
  });

  test('a step without a form is reported where it begins', () => {
    const found = validate(
      edit(
        runbookText,
        '        uses: service.stop\n        check: {uses: service.is-stopped}\n        undo: {uses: service.start}\n        effect: idempotent\n',
        '',
      ),
    );
    expect(places(found)).toEqual(['66:9 no-form']);
  });

  test('missing arguments are reported at the action when there is no `with`', () => {
    const found = validate(
      edit(runbookText, '        with: {message: customer-initial, to: customers}\n', ''),
    );
    expect(places(found)).toEqual(['57:15 missing-argument', '57:15 missing-argument']);
    expect(found.map((one) => one.message)).toEqual([
      expect.stringContaining('"message"'),
      expect.stringContaining('"to"'),
    ]);
  });

  test('calls are judged although the document has mistakes of shape elsewhere', () => {
    const broken = edit(edit(runbookText, 'hold: 5s', 'hold: 5'), 'into: replacement}', 'into: nowhere}');
    expect(places(validate(broken))).toEqual(['24:9 bad-duration', '105:70 bad-argument']);
  });
});

describe('names in ${…}', () => {
  test.each<Mistake>([
    [
      'an unknown input',
      'with: {database: "${inputs.database}"}\n        effect',
      'with: {database: ▶"${inputs.databse}"}\n        effect',
      ['unknown-name'],
      /Did you mean "inputs\.database"/,
    ],
    [
      'an unknown value of the environment',
      '"${environment.application}/health"',
      '▶"${environment.aplication}/health"',
      ['unknown-name'],
      /environment\.application/,
    ],
    [
      'an unknown step',
      '"Damaged: ${steps.extent.damaged}"',
      '▶"Damaged: ${steps.extend.damaged}"',
      ['unknown-name'],
      /Did you mean "steps\.extent"/,
    ],
    [
      'a value that the step does not save',
      '"Damaged: ${steps.extent.damaged}"',
      '▶"Damaged: ${steps.extent.relations}"',
      ['unknown-name'],
      /steps\.extent\.damaged/,
    ],
    [
      'a step that comes later',
      'with: {database: "${inputs.database}"}\n        effect',
      'with: {database: ▶"${steps.restore.backup}"}\n        effect',
      ['unknown-name'],
      /not known yet/,
    ],
    [
      'the own value before it exists',
      'with: {backup: newest-usable',
      'with: {backup: ▶"${steps.restore.backup}"',
      ['unknown-name'],
      /not known yet/,
    ],
    [
      'a value of the other option',
      'instruct: "Rebuild what ${steps.extent.damaged} needs"',
      'instruct: ▶"Rebuild ${steps.restore.backup}"',
      ['unknown-name'],
    ],
    [
      'an unknown answer',
      'instruct: "Rebuild what ${steps.extent.damaged} needs"',
      'instruct: ▶"For ${answers.declare.user}"',
      ['unknown-name'],
      /answers\.declare\.users/,
    ],
    [
      'an answer of a step that asks nothing',
      'instruct: "Rebuild what ${steps.extent.damaged} needs"',
      'instruct: ▶"For ${answers.extent.damaged}"',
      ['unknown-name'],
    ],
    [
      'an unknown fact of the run',
      'instruct: Make a slot',
      'instruct: ▶Make ${run.name} a slot',
      ['unknown-name'],
      /run\.id, run\.mode, run\.rto, run\.rpo, run\.disruption/,
    ],
    [
      'an unknown beginning',
      'instruct: Make a slot',
      'instruct: ▶Make ${env.HOME} a slot',
      ['unknown-name'],
      /inputs, environment, steps/,
    ],
    [
      'an insertion that does not end',
      'instruct: Make a slot',
      'instruct: ▶Make ${run.id a slot',
      ['bad-insertion'],
    ],
    [
      'an insertion in an insertion',
      'instruct: Make a slot',
      'instruct: ▶Make ${run.${run.id}} a slot',
      ['bad-insertion'],
    ],
    [
      'a place that nothing fills in',
      'title: Tell the users',
      'title: ▶Tell ${run.id}',
      ['not-inserted-here'],
    ],
    [
      'a default from a step',
      'default: "${environment.database}"',
      'default: ▶"${steps.extent.damaged}"',
      ['unknown-name'],
    ],
    [
      'a default of the wrong type',
      'type: string, default: "${environment.database}"',
      'type: number, default: ▶"${environment.database}"',
      ['wrong-type'],
    ],
  ])('%s', (_, from, to, codes, says) => {
    const { text, marks } = takeMarks(edit(runbookText, from, to));
    const found = validate(text);
    expect(places(found)).toContain(`${marks[0] ?? ''} ${codes[0] ?? ''}`);
    expect(new Set(found.map(({ line, column }) => `${line}:${column}`))).toEqual(new Set(marks));
    if (says) expect(found.map(({ message, hint }) => `${message} | ${hint ?? ''}`).join('\n')).toMatch(says);
  });

  test('values of a chosen block are known after it', () => {
    const text = edit(
      runbookText,
      'instruct: Make a slot',
      'instruct: Keep ${steps.restore.backup}, ${answers.way-back.option}, ${answers.declare.users}, make a slot',
    );
    expect(places(validate(text))).toEqual([]);
  });

  test('a whole insertion may stand for an argument of any type, text around one for any text', () => {
    const whole = edit(
      runbookText,
      'into: replacement}',
      'into: "${inputs.database}", workers: "${inputs.database}"}',
    );
    expect(places(validate(whole))).toEqual([]);
    const around = edit(runbookText, 'with: {backup: newest-usable', 'with: {backup: "set-${run.id}"');
    expect(places(validate(around))).toEqual([]);
    const number = edit(runbookText, 'into: replacement}', 'into: replacement, workers: "about ${run.id}"}');
    expect(places(validate(number))).toEqual(['105:92 bad-argument']);
  });
});

describe('acceptance', () => {
  test.each<Mistake>([
    [
      'two wait for it',
      'wait: {until: acceptance, every: 1s}\n        timeout: 15m\n',
      'wait: {until: acceptance, every: 1s}\n      - {id: again, title: Again, wait: ▶{until: acceptance}}\n',
      ['acceptance-awaited-twice'],
    ],
    [
      'among the obligations',
      'instruct: Make a slot, a receiver and a base backup for the new primary\n      check: {uses: service.is-stopped}\n',
      'instruct: Make a slot\n    - {id: again, title: Again, wait: ▶{until: acceptance}}\n',
      ['acceptance-awaited-twice'],
    ],
    ['two checks of one id', 'id: content', 'id: ▶writes', ['duplicate-id']],
  ])('%s', (_, from, to, codes, says) => {
    expectProblems(edit(runbookText, from, to), codes, says);
  });

  test('exactly one step must wait for it, if there is any', () => {
    const none = edit(runbookText, 'wait: {until: acceptance, every: 1s}', 'wait: {for: 1s}');
    expect(places(validate(none))).toEqual(['23:1 acceptance-not-awaited']);
    const start = runbookText.indexOf('acceptance:');
    const without = runbookText.slice(0, start) + runbookText.slice(runbookText.indexOf('phases:'));
    expect(validate(without).map((one) => one.code)).toEqual(['no-acceptance']);
  });
});
