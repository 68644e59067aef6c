import type {
  ActionCall,
  AskStep,
  DecideStep,
  InstructStep,
  ParallelStep,
  Phase,
  Plan,
  PlannedFault,
  Stage,
  Step,
  UsesStep,
  WaitStep,
} from '../../src/language/index.js';

/** A short way to write plans in tests: only what a test is about is said, everything else is a harmless default. */
type Said<T extends Step> = Partial<Omit<T, 'id' | 'form'>>;

const common = {
  position: { file: 'test.yaml', line: 1, column: 1 },
  onTimeout: 'remind',
  effect: 'idempotent',
  retry: { attempts: 1, backoffMs: 0 },
  onFailure: 'ask',
  saves: {},
  evidence: [],
  overridden: [],
} as const;

export const call = (uses: string, given: ActionCall['with'] = {}): ActionCall => ({ uses, with: given });

export const uses = (id: string, said: Said<UsesStep> = {}): UsesStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'uses', call: call('test.act'), destroys: false },
  ...said,
});
export const ask = (id: string, said: Said<AskStep> = {}): AskStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'ask' },
  fields: { severity: { kind: 'choice', prompt: 'How severe?', options: ['P0', 'P1'] } },
  ...said,
});
export const choose = (
  id: string,
  options: { readonly [option: string]: readonly Step[] },
  said: Said<DecideStep> = {},
): DecideStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'decide', prompt: `Which way in ${id}?` },
  options: Object.entries(options).map(([option, steps]) => ({ id: option, title: option, steps })),
  ...said,
});
export const instruct = (id: string, said: Said<InstructStep> = {}): InstructStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'instruct', text: `Do ${id}` },
  ...said,
});
export const waitFor = (id: string, until: WaitStep['until'], said: Said<WaitStep> = {}): WaitStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'wait', until },
  ...said,
});
export const acceptance = (id = 'verify', said: Said<WaitStep> = {}): WaitStep =>
  waitFor(id, { kind: 'acceptance', everyMs: 1000 }, said);
export const parallel = (
  id: string,
  steps: readonly Step[],
  said: Said<ParallelStep> = {},
): ParallelStep => ({
  ...common,
  ...{ id, title: `Title of ${id}`, form: 'parallel', steps },
  ...said,
});

export const phase = (id: string, steps: readonly Step[], stage: Stage = 'response'): Phase => ({
  ...{ id, title: id, stage, steps },
});
export const fault = (id: string, said: Partial<PlannedFault> = {}): PlannedFault => ({
  ...{ id, inject: 'kill', with: {}, after: { phase: 'start', delayMs: 0 }, sabotage: false },
  ...said,
});

/** An attended drill in a lab, one fault at the start, the given steps as its only phase. */
export function plan(steps: readonly Step[] | readonly Phase[], said: Partial<Plan> = {}): Plan {
  const phases = steps.map((one) => ('stage' in one ? one : null)).filter((one) => one !== null);
  return {
    apiVersion: 'firedrill/v1',
    versions: { tool: '0', formula: '0', renderer: '0' },
    mode: 'drill',
    unattended: false,
    runbook: { id: 'book', title: 'Book', version: '1', summary: '', severity: 'P0' },
    objectives: { rtoMs: 3_600_000, rpoMs: 60_000 },
    roles: { lead: { title: 'Lead' }, boss: { title: 'Boss' } },
    people: { lead: { name: 'Ana' }, boss: { name: 'Ben' } },
    inputs: {},
    environment: { name: 'the-lab', kind: 'lab', settings: {} },
    detection: [{ id: 'sign', sign: 'it is down', check: call('test.sign') }],
    acceptance: {
      holdMs: 5000,
      checks: [
        { id: 'writes', call: call('test.writes'), critical: false, weight: 1 },
        { id: 'content', call: call('test.content'), critical: true, weight: 1 },
      ],
    },
    phases: phases.length > 0 ? phases : [phase('work', steps as readonly Step[])],
    faults: [fault('crash')],
    answers: { steps: {} },
    messages: [],
    rubric: { id: 'r', title: 'R', version: '1', categories: [], caps: [] },
    sources: [],
    ...said,
  };
}

/** Nobody is there: a drill in a lab with declared answers. */
export function unattended(
  steps: readonly Step[] | readonly Phase[],
  answers: Plan['answers'] = { steps: {} },
  said: Partial<Plan> = {},
): Plan {
  return plan(steps, { unattended: true, answers, ...said });
}
