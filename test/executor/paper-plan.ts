import type { JsonObject } from '../../src/base/index.js';
import type {
  ActionCall,
  AskStep,
  DecideStep,
  InstructStep,
  ParallelStep,
  Phase,
  Plan,
  Stage,
  Step,
  UsesStep,
  WaitStep,
} from '../../src/language/index.js';

export function call(uses: string, args: JsonObject = {}, expect?: ActionCall['expect']): ActionCall {
  return { uses, with: args, ...(expect === undefined ? {} : { expect }) };
}

function common(id: string) {
  return {
    id,
    title: `Step ${id}`,
    position: { file: 'paper.yaml', line: 1, column: 1 },
    onTimeout: 'remind',
    effect: 'once',
    retry: { attempts: 1, backoffMs: 0 },
    onFailure: 'stop',
    saves: {},
    evidence: [],
    overridden: [],
  } as const;
}

export function uses(id: string, what: ActionCall, more: Partial<UsesStep> = {}): UsesStep {
  return { ...common(id), form: 'uses', call: what, destroys: false, ...more };
}

export function ask(id: string, fields: AskStep['fields'], more: Partial<AskStep> = {}): AskStep {
  return { ...common(id), form: 'ask', fields, ...more };
}

export function choose(
  id: string,
  options: { readonly [option: string]: readonly Step[] },
  more: Partial<DecideStep> = {},
): DecideStep {
  const listed = Object.entries(options).map(([option, steps]) => ({ id: option, title: option, steps }));
  return { ...common(id), form: 'decide', prompt: 'Which?', options: listed, ...more };
}

export function instruct(id: string, more: Partial<InstructStep> = {}): InstructStep {
  return { ...common(id), form: 'instruct', text: 'Do it by hand.', ...more };
}

export function wait(id: string, until: WaitStep['until'], more: Partial<WaitStep> = {}): WaitStep {
  return { ...common(id), form: 'wait', until, ...more };
}

export function parallel(id: string, ...steps: readonly Step[]): ParallelStep {
  return { ...common(id), form: 'parallel', steps };
}

export function phase(id: string, stage: Stage, ...steps: readonly Step[]): Phase {
  return { id, title: `Phase ${id}`, stage, steps };
}

/** An unattended drill of the given steps in one response phase, without faults: whatever is in `more` replaces that. */
export function paperPlan(steps: readonly Step[], more: Partial<Plan> = {}): Plan {
  return {
    apiVersion: 'firedrill/v1',
    versions: { tool: '0.1.0', formula: '1', renderer: '2' },
    mode: 'drill',
    unattended: true,
    runbook: { id: 'paper', title: 'Paper', version: '1', summary: 'A small run.', severity: 'P1' },
    objectives: { rtoMs: 3_600_000, rpoMs: 3_600_000 },
    roles: { lead: { title: 'Lead' } },
    people: { lead: { name: 'Ana Reyes' } },
    inputs: { greeting: 'hello' },
    environment: { name: 'paper-lab', kind: 'lab', settings: {} },
    detection: [
      {
        id: 'sign',
        sign: 'a sign',
        check: call('paper.look', { name: 'service' }, { ok: { equals: true } }),
      },
    ],
    phases: [phase('respond', 'response', ...steps)],
    faults: [],
    answers: { steps: {} },
    messages: [],
    rubric: { id: 'none', title: 'None', version: '1', categories: [], caps: [] },
    sources: [],
    ...more,
  };
}

/** Every form of step, every stage, a fault and a sentinel, in a run that takes a fraction of a second. */
export function wholePlan(): Plan {
  const once = (id: string, more: Partial<UsesStep> = {}) =>
    uses(id, call('paper.mark', { name: id }), { check: call('paper.look', { name: id }), ...more });
  return paperPlan([], {
    faults: [
      {
        id: 'break',
        inject: 'paper.break',
        with: {},
        after: { phase: 'start', delayMs: 0 },
        sabotage: false,
      },
    ],
    detection: [
      {
        id: 'broken',
        sign: 'broken',
        check: call('paper.look', { name: 'service' }, { text: { equals: 'broken' } }),
      },
      { id: 'smoke', sign: 'somebody smells smoke' },
    ],
    acceptance: {
      holdMs: 15,
      checks: [
        {
          id: 'healthy',
          call: call('paper.look', { name: 'service' }, { text: { equals: 'healthy' } }),
          critical: true,
          weight: 1,
        },
      ],
    },
    phases: [
      phase('prepare', 'before', once('prepare-once'), instruct('seated')),
      phase(
        'assess',
        'response',
        ask(
          'extent',
          { damaged: { kind: 'text', prompt: 'What?', maxLength: 100 } },
          { saves: { what: 'damaged' }, marks: 'declared' },
        ),
        uses('read', call('paper.look', { name: 'service' }), { effect: 'read', saves: { found: 'text' } }),
        choose('way', {
          rebuild: [once('rebuild-once')],
          wait: [once('never-chosen')],
        }),
      ),
      phase(
        'recover',
        'response',
        once('first-once', { marks: 'recovery-started' }),
        uses(
          'put',
          call('paper.put', { name: 'note', text: '${inputs.greeting} ${answers.extent.damaged}' }),
          {
            effect: 'idempotent',
            check: call('paper.look', { name: 'note' }, { text: { equals: 'hello tables' } }),
          },
        ),
        parallel('both', once('left-once'), once('right-once')),
        uses('flaky', call('paper.fail', { name: 'flaky', times: 1 }), {
          effect: 'idempotent',
          retry: { attempts: 5, backoffMs: 1 },
        }),
        uses('restore', call('paper.put', { name: 'service', text: 'healthy' }), { effect: 'idempotent' }),
        uses('tell', call('paper.send', { text: 'restored' }), { effect: 'idempotent' }),
        instruct('by-hand', { check: call('paper.look', { name: 'note' }) }),
        wait('pause', { kind: 'duration', ms: 5 }),
        wait('seen', { kind: 'check', call: call('paper.look', { name: 'note' }), everyMs: 5 }),
        wait('accepted', { kind: 'acceptance', everyMs: 5 }, { timeoutMs: 30_000 }),
      ),
      phase('tidy', 'always', once('tidy-once')),
      phase('review', 'after', instruct('reviewed')),
    ],
    answers: {
      steps: {
        seated: { done: true },
        extent: { damaged: 'tables' },
        way: { option: 'rebuild' },
        'by-hand': { done: true },
        reviewed: { done: true },
      },
      // Every step that may be done only once has a check: asked is only where that has shown that nothing was done.
      onResume: 'again',
    },
  });
}
