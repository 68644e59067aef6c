import type { Position } from '../../src/base/index.js';
import type { AcceptanceCheck, Phase, Plan, Step, UsesStep } from '../../src/language/index.js';
import { rendererVersion } from '../../src/report/index.js';

const position: Position = { file: 'runbook.yaml', line: 1, column: 1 };
export const minute = 60_000;

const common = {
  position,
  onTimeout: 'remind',
  effect: 'idempotent',
  retry: { attempts: 1, backoffMs: 0 },
  onFailure: 'stop',
  saves: {},
  evidence: [],
  overridden: [],
} as const;

export function uses(id: string, action: string, more: Partial<UsesStep> = {}): UsesStep {
  return {
    ...common,
    id,
    title: `Step ${id}`,
    form: 'uses',
    call: { uses: action, with: {} },
    destroys: false,
    role: 'database-lead',
    ...more,
  };
}

export function notify(id: string, message: string, dueMs: number): UsesStep {
  return uses(id, 'notify.send', {
    call: { uses: 'notify.send', with: { message } },
    due: { withinMs: dueMs, of: 'declared' },
  });
}

export function ask(id: string): Step {
  return {
    ...common,
    id,
    title: `Ask ${id}`,
    form: 'ask',
    role: 'incident-commander',
    fields: { severity: { kind: 'text', prompt: 'How severe?', maxLength: 20 } },
  };
}

export function instruct(id: string, title = `Do ${id}`): Step {
  return { ...common, id, title, form: 'instruct', role: 'incident-commander', text: title };
}

export function acceptanceWait(id: string): Step {
  return { ...common, id, title: 'Watch', form: 'wait', until: { kind: 'acceptance', everyMs: 1000 } };
}

export function phase(
  id: string,
  targetMinutes: number | null,
  steps: readonly Step[],
  stage: Phase['stage'] = 'response',
): Phase {
  return {
    id,
    title: `Phase ${id}`,
    stage,
    ...(targetMinutes === null ? {} : { targetMs: targetMinutes * minute }),
    steps,
  };
}

export const checks: readonly AcceptanceCheck[] = [
  { id: 'writes', call: { uses: 'sentinel.acknowledged-write', with: {} }, critical: true, weight: 1 },
  { id: 'content', call: { uses: 'postgres.content-matches', with: {} }, critical: true, weight: 1 },
  { id: 'application', call: { uses: 'http.get', with: {} }, critical: false, weight: 2 },
];

export const rubric: Plan['rubric'] = {
  id: 'evidence',
  title: 'Evidence',
  version: '1.0.0',
  categories: [
    { key: 'R', title: 'Recovery objectives', weight: 30 },
    { key: 'V', title: 'Integrity and service verification', weight: 20 },
    { key: 'X', title: 'Procedure', weight: 15 },
    { key: 'P', title: 'Phase pace', weight: 10 },
    { key: 'C', title: 'Communication', weight: 10 },
    { key: 'S', title: 'Security and privacy', weight: 10 },
    { key: 'E', title: 'Evidence and governance', weight: 5 },
  ],
  caps: Array.from({ length: 12 }, (_, index) => `CF-${String(index + 1).padStart(2, '0')}`),
};

export function makePlan(more: Partial<Plan> = {}): Plan {
  return {
    apiVersion: 'firedrill/v1',
    versions: { tool: '0.1.0', formula: '1', renderer: rendererVersion },
    mode: 'drill',
    unattended: false,
    runbook: {
      id: 'database-corruption',
      title: 'Database corruption',
      version: '1.0.0',
      summary: 'Pages of the database are damaged.',
      severity: 'P0',
    },
    drill: { id: '2027-q1', title: 'First quarter 2027' },
    objectives: { rtoMs: 240 * minute, rpoMs: 60 * minute },
    roles: {
      'incident-commander': { title: 'Incident commander' },
      'database-lead': { title: 'Database lead' },
    },
    people: { 'incident-commander': { name: 'Ana' }, 'database-lead': { name: 'Ben' } },
    observer: { name: 'Olga' },
    inputs: {},
    environment: { name: 'lab', kind: 'lab', settings: { policy: { interval: '15m', upload: '10s' } } },
    detection: [{ id: 'failures', sign: 'checksum failures are counted' }],
    acceptance: { holdMs: 5000, checks },
    phases: [
      phase('before', null, [instruct('before-aim')], 'before'),
      phase('assessment', 15, [
        uses('extent', 'postgres.find-damage'),
        ask('declare'),
        notify('tell', 'initial', 5 * minute),
      ]),
      phase('recovery', 45, [
        uses('restore', 'postgres.restore', {
          destroys: true,
          approve: { by: ['incident-commander'], not: 'executor' },
          effect: 'once',
        }),
      ]),
      phase('verification', 15, [acceptanceWait('verified')]),
      phase('protect', null, [uses('new-backup', 'postgres.backup')], 'always'),
      phase('after', null, [ask('sign-off'), ask('after-actions')], 'after'),
    ],
    faults: [
      {
        id: 'damage',
        inject: 'corrupt-heap-pages',
        with: { relation: 'bookings' },
        after: { phase: 'start', delayMs: 0 },
        sabotage: false,
      },
    ],
    answers: { steps: {} },
    messages: [
      { id: 'initial', audience: 'internal', subject: 'We have a problem', body: 'Text', required: true },
    ],
    rubric,
    sources: [{ path: 'runbooks/database-corruption.yaml', sha256: 'a'.repeat(64), text: 'id: x' }],
    ...more,
  };
}

/** The same plan with nobody named who would observe. */
export function unobserved(plan: Plan): Plan {
  const { observer, ...rest } = plan;
  return observer === undefined ? plan : rest;
}
