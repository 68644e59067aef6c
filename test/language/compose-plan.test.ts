import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/index.js';
import { flattenSteps, type Plan, type Step } from '../../src/language/index.js';
import { compose, filePlaces, planOf } from './composing.js';
import { configurationText, drillText, messagesText, runbookText } from './examples.js';
import { edit } from './reading.js';

function stepOf(plan: Plan, id: string): Step {
  const found = plan.phases.flatMap((phase) => flattenSteps(phase.steps)).find((step) => step.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
}

describe('the worked example', () => {
  const composed = compose();
  const plan = planOf(composed);

  test('composes without a word', () => {
    expect(filePlaces(composed)).toEqual([]);
  });

  test('is plain data: written out and read in again it is the same', () => {
    expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
    expect(canonicalJson(planOf(compose()))).toBe(canonicalJson(plan));
  });

  test('carries figures in milliseconds', () => {
    expect(plan.objectives).toEqual({ rtoMs: 4 * 3600_000, rpoMs: 3600_000, expectedMs: 2 * 3600_000 });
    expect(plan.acceptance?.holdMs).toBe(5000);
    expect(plan.acceptance?.checks.map(({ id, critical, weight }) => [id, critical, weight])).toEqual([
      ['writes', false, 1],
      ['content', true, 1],
      ['application', false, 1],
    ]);
    expect(plan.faults).toEqual([
      {
        id: 'corrupt-heap-pages',
        inject: 'corrupt-heap-pages',
        with: { relation: 'bookings', pages: 3 },
        after: { phase: 'start', delayMs: 10_000 },
        sabotage: false,
      },
    ]);
  });

  test('frames the response with the checklists and the obligations', () => {
    expect(plan.phases.map(({ id, stage, targetMs }) => [stage, id, targetMs])).toEqual([
      ['before', 'before-the-drill', undefined],
      ['response', 'assessment', 900_000],
      ['response', 'containment', 900_000],
      ['response', 'recovery', 2_700_000],
      ['response', 'verification', 900_000],
      ['always', 'always', undefined],
      ['after', 'after-the-drill', undefined],
    ]);
    expect(stepOf(plan, 'clock')).toMatchObject({
      form: 'instruct',
      text: 'Clocks are in step',
      role: 'database-lead',
      check: { uses: 'service.is-stopped', with: {} },
      position: { file: 'before.yaml', line: 6, column: 5 },
    });
  });

  test('fills in what a step leaves out', () => {
    expect(stepOf(plan, 'fence')).toMatchObject({
      effect: 'once',
      destroys: true,
      retry: { attempts: 1, backoffMs: 0 },
    });
    expect(stepOf(plan, 'declare')).toMatchObject({
      onTimeout: 'remind',
      onFailure: 'ask',
      saves: {},
      evidence: [],
    });
    expect(stepOf(plan, 'verified')).toMatchObject({ until: { kind: 'acceptance', everyMs: 1000 } });
    const bare = planOf(compose({ runbook: edit(runbookText, '        effect: idempotent\n', '') }));
    expect(stepOf(bare, 'stop-application').effect).toBe('idempotent');
    const silent = planOf(compose({}, { unattended: true }));
    expect(stepOf(silent, 'fence').onFailure).toBe('stop');
  });

  test('says where each step stands', () => {
    const line = runbookText.split('\n').findIndex((text) => text.includes('- id: restore')) + 1;
    expect(stepOf(plan, 'restore').position).toEqual({ file: 'runbook.yaml', line, column: 19 });
  });

  test('keeps declared answers for unattended runs alone', () => {
    expect(plan.answers).toEqual({ steps: {} });
    expect(planOf(compose({}, { unattended: true })).answers.steps['way-back']).toEqual({ option: 'whole' });
  });

  test('uses the rubric `evidence` when the drill names none', () => {
    const own = planOf(compose({ rubric: null })).rubric;
    expect(own.categories.reduce((sum, category) => sum + category.weight, 0)).toBe(100);
    expect(own.categories).toEqual(plan.rubric.categories);
  });
});

describe('a drill and a live run of one runbook', () => {
  const withKeys = edit(
    runbookText,
    '        uses: service.stop\n',
    '        uses: service.stop\n        timeout: 1m\n        drill: {timeout: 5s, title: Stop it}\n        live: {instruct: Call the people who run it}\n',
  );

  test('keys of the mode replace keys of the step, and the plan says which', () => {
    const drill = stepOf(planOf(compose({ runbook: withKeys })), 'stop-application');
    expect(drill).toMatchObject({
      form: 'uses',
      title: 'Stop it',
      timeoutMs: 5000,
      overridden: ['title', 'timeout'],
    });
  });

  test('a form of the mode replaces the form with all that belongs to it', () => {
    const composed = compose({ runbook: withKeys, drill: null }, { mode: 'live', environment: 'production' });
    const live = stepOf(planOf(composed), 'stop-application');
    expect(live).toMatchObject({ form: 'instruct', timeoutMs: 60_000, overridden: ['instruct'] });
    expect(live.check).toBeUndefined();
    expect(planOf(composed)).toMatchObject({ mode: 'live', faults: [], environment: { kind: 'declared' } });
  });
});

describe('environments', () => {
  test('the lab needs no configuration', () => {
    const { plan } = compose({}, { configuration: null });
    expect(plan?.environment).toMatchObject({
      name: 'lab',
      kind: 'lab',
      settings: { scale: 1, from: 'sample', regions: 2 },
    });
  });

  test('a drill may seed the lab from a store', () => {
    const drill = edit(drillText, 'environment: lab', 'environment: {lab: {from: main, scale: 3}}');
    expect(planOf(compose({ drill })).environment.settings).toMatchObject({
      from: 'main',
      scale: 3,
      stores: { main: { directory: '/backup' } },
    });
    const unknown = edit(drillText, 'environment: lab', 'environment: {lab: {from: mian}}');
    expect(filePlaces(compose({ drill: unknown }))).toEqual(['drill.yaml:6:27 unknown-store']);
  });

  test('or from a policy; whose backups lie there says which keys are believed', () => {
    for (const from of ['main', 'hourly']) {
      const drill = edit(drillText, 'environment: lab', `environment: {lab: {from: ${from}}}`);
      expect(planOf(compose({ drill })).environment.settings).toMatchObject({
        from,
        seed: { environment: 'production', stores: ['main'], section: { database: { name: 'rides' } } },
      });
    }
    expect(planOf(compose()).environment.settings).not.toHaveProperty('seed');
  });

  test('a store that nobody, or more than one, keeps backups in seeds no lab', () => {
    const drill = edit(drillText, 'environment: lab', 'environment: {lab: {from: spare}}');
    const spare = edit(
      configurationText,
      'stores:\n',
      'stores:\n  spare: {kind: local, directory: /spare}\n',
    );
    const messages = (configuration: string) =>
      compose({ drill, configuration }).diagnostics.map(({ code, message }) => `${code}: ${message}`);
    expect(messages(spare)).toEqual(['no-seed: no declared environment keeps its backups in "spare"']);
    const start = spare.indexOf('  production:\n');
    const section = spare.slice(start, spare.indexOf('\nstores:') + 1);
    const both = ['one', 'two'].map((name) =>
      section.replace('production', name).replace('store: main', 'store: spare'),
    );
    expect(messages(edit(spare, section, `${section}${both.join('')}`))).toEqual([
      'no-seed: 2 declared environments keep backups in "spare": one, two',
    ]);
  });

  test('settings of a declared environment are complete and hold no place of a file', () => {
    const composed = compose({ drill: null }, { mode: 'live', environment: 'production' });
    expect(planOf(composed).environment.settings).toMatchObject({
      kind: 'declared',
      regions: 1,
      sentinel: { resolution: 250 },
      fingerprint: { systemIdentifier: '7412345678901234567' },
      channels: { customers: { kind: 'outbox' } },
    });
  });

  test('an unknown name is reported at the drill that names it', () => {
    const drill = edit(drillText, 'environment: lab', 'environment: labb');
    const composed = compose({ drill });
    expect(filePlaces(composed)).toEqual(['drill.yaml:6:14 unknown-environment']);
    expect(composed.diagnostics[0]?.hint).toBe('Did you mean "lab"?');
    expect(filePlaces(compose({}, { environment: 'constructor' }))).toEqual([
      'drill.yaml:3:5 unknown-environment',
    ]);
  });

  test('names are those of the kind of environment', () => {
    const runbook = edit(
      runbookText,
      'instruct: Make a slot',
      'instruct: In ${environment.regions} regions make a slot',
    );
    expect(compose({ runbook }).plan).not.toBeNull();
    const live = compose({ runbook, drill: null }, { mode: 'live', environment: 'production' });
    expect(live.diagnostics.map((one) => one.code)).toContain('unknown-name');
  });

  test('faults go into labs only', () => {
    const drill = edit(drillText, 'environment: lab', 'environment: production');
    expect(compose({ drill }).diagnostics.map((one) => one.code)).toContain('faults-need-lab');
  });
});

describe('people', () => {
  test('a typed binding wins over the drill, the drill over the configuration', () => {
    const drill = edit(drillText, '  incident-commander: {name: Ana, contact: "+63 917 000 1111"}\n', '');
    const configuration = edit(
      configurationText,
      'incident-commander: {name: Ana',
      'incident-commander: {name: Eva',
    );
    expect(planOf(compose({ drill, configuration })).people['incident-commander']?.name).toBe('Eva');
    expect(planOf(compose({ configuration })).people['incident-commander']?.name).toBe('Ana');
    const people = { 'incident-commander': { name: 'Fay' } };
    expect(planOf(compose({ configuration }, { people })).people['incident-commander']).toEqual({
      name: 'Fay',
    });
  });

  test('an observer with another role is refused, however the name is written', () => {
    const drill = edit(drillText, 'observer: {name: Dan', 'observer: {name: " ana "');
    expect(filePlaces(compose({ drill }))).toEqual(['drill.yaml:12:11 observer-has-role']);
    const sameNumber = edit(
      drillText,
      '{name: Dan, contact: "+63 917 000 4444"}',
      '{name: D., contact: "+63 917 000 2222"}',
    );
    expect(filePlaces(compose({ drill: sameNumber }))).toEqual(['drill.yaml:12:11 observer-has-role']);
  });

  test('a role that the runbook does not have is refused', () => {
    const drill = edit(drillText, '  database-lead: {', '  databse-lead: {');
    expect(filePlaces(compose({ drill }))).toEqual(['drill.yaml:10:3 unknown-role']);
    const typed = compose({}, { people: { nobody: { name: 'x' } } });
    expect(filePlaces(typed)).toEqual(['drill.yaml:3:5 unknown-role']);
  });

  test.each([
    'TODO',
    'tbd',
    '…',
    '...',
    'xxx',
    'example',
    'name@example.com',
    '<phone>',
    '000',
    '?',
    'N/A',
    'todo: ask Ana',
  ])('the contact %j is a placeholder', (contact) => {
    const drill = edit(drillText, '+63 917 000 1111', contact);
    const composed = compose({ drill });
    expect(filePlaces(composed)).toEqual(['drill.yaml:9:44 placeholder-contact']);
    expect(composed.plan).not.toBeNull();
  });

  test.each(['+63 917 123 4567', 'ana@rides.ph', 'extension 12', 'Signal: ana.42', 'Xander, desk 4'])(
    'the contact %j is one',
    (contact) => {
      expect(filePlaces(compose({ drill: edit(drillText, '+63 917 000 1111', contact) }))).toEqual([]);
    },
  );
});

describe('inputs', () => {
  const typed = edit(
    runbookText,
    'inputs:\n',
    'inputs:\n  size: {type: number}\n  fast: {type: boolean, default: false}\n',
  );
  const drill = edit(drillText, 'faults:', 'inputs: {size: 5}\nfaults:');

  test('typed text takes the type of its input, and wins over the drill', () => {
    expect(planOf(compose({ runbook: typed, drill })).inputs).toEqual({
      database: '${environment.database}',
      size: 5,
      fast: false,
    });
    const plan = planOf(
      compose({ runbook: typed, drill }, { inputs: { size: '7', fast: 'true', database: 'other' } }),
    );
    expect(plan.inputs).toEqual({ database: 'other', size: 7, fast: true });
  });

  test('what is missing, unknown or of the wrong type is refused', () => {
    expect(filePlaces(compose({ runbook: typed }))).toEqual(['drill.yaml:3:5 missing-input']);
    expect(filePlaces(compose({ runbook: typed, drill }, { inputs: { size: 'big' } }))).toEqual([
      'drill.yaml:3:5 bad-input',
    ]);
    expect(filePlaces(compose({ drill }))).toEqual(['drill.yaml:14:10 unknown-input']);
  });
});

describe('documents that contradict each other', () => {
  test('a checklist may not reuse the id of a step', () => {
    const composed = compose({
      before:
        'apiVersion: firedrill/v1\nkind: Checklist\nid: before\ntitle: Before\nitems:\n  - {id: fence, title: Fence it, role: nobody}\n',
    });
    expect(filePlaces(composed)).toContain('before.yaml:6:10 duplicate-id');
    expect(filePlaces(composed)).toContain('before.yaml:6:40 unknown-role');
  });

  test('a fault follows a phase that exists and takes the arguments it has', () => {
    const drill = edit(
      drillText,
      'phase: start, delay: 10s}, with: {relation: bookings, pages: 3}',
      'phase: containmant, delay: 10s}, with: {relation: bookings, pages: 300}',
    );
    expect(filePlaces(compose({ drill }))).toEqual([
      'drill.yaml:15:49 unknown-phase',
      'drill.yaml:15:109 bad-argument',
    ]);
    const unknown = edit(drillText, 'inject: corrupt-heap-pages', 'inject: corrupt-heap-page');
    expect(filePlaces(compose({ drill: unknown }))).toEqual(['drill.yaml:15:14 unknown-fault']);
  });

  test('a message names only what is known where it is sent', () => {
    const messages = edit(messagesText, '${answers.declare.users}', '${steps.restore.backup}');
    expect(filePlaces(compose({ messages }))).toEqual(['messages.yaml:9:11 unknown-name']);
    const unknown = edit(runbookText, 'message: customer-initial', 'message: customer-inital');
    expect(compose({ runbook: unknown }).diagnostics.map((one) => one.code)).toContain('unknown-message');
  });
});
