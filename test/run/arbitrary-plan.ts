import fc from 'fast-check';
import type { Phase, Plan, Stage, Step } from '../../src/language/index.js';
import {
  acceptance,
  ask,
  call,
  choose,
  fault,
  instruct,
  parallel,
  phase,
  plan,
  uses,
  waitFor,
} from './plans.js';

/** A step before it has an id: ids are given in written order, so that they are unique and can be referred to. */
type Draft = (id: () => string) => Step;

const common = fc.record({
  onFailure: fc.constantFrom('ask', 'stop', 'continue'),
  retry: fc.record({ attempts: fc.integer({ min: 1, max: 3 }), backoffMs: fc.constantFrom(0, 5000) }),
  when: fc.option(
    fc.record({
      step: fc.constantFrom('s1', 's2', 's3'),
      is: fc.constantFrom('succeeded', 'failed', 'skipped'),
    }),
    { nil: undefined, freq: 8 },
  ),
  check: fc.boolean(),
  timed: fc.boolean(),
  marks: fc.option(fc.constantFrom('declared', 'recovery-started', 'service-verified'), {
    nil: undefined,
    freq: 6,
  }),
} as const);

const said = (given: {
  readonly onFailure: 'ask' | 'stop' | 'continue';
  readonly retry: Step['retry'];
  readonly when: Step['when'] | undefined;
  readonly check: boolean;
  readonly marks: Step['marks'] | undefined;
}) => ({
  onFailure: given.onFailure,
  because: 'test',
  retry: given.retry,
  role: 'lead',
  ...(given.when === undefined ? {} : { when: given.when }),
  ...(given.check ? { check: call('test.check') } : {}),
  ...(given.marks === undefined ? {} : { marks: given.marks }),
});

const machine: fc.Arbitrary<Draft> = fc
  .tuple(
    common,
    fc.constantFrom('read', 'idempotent', 'once'),
    fc.boolean(),
    fc.constantFrom(undefined, { by: ['boss'] }, {
      by: ['boss'],
      not: 'executor',
      breakGlass: 'lead',
    } as const),
    fc.boolean(),
  )
  .map(
    ([given, effect, destroys, approve, undo]) =>
      (id) =>
        uses(id(), {
          ...said(given),
          ...{ effect, destroys },
          ...(approve ? { approve } : {}),
          ...(undo ? { undo: call('test.undo') } : {}),
        } as const),
  );

const human: fc.Arbitrary<Draft> = fc
  .tuple(common, fc.constantFrom('ask', 'instruct'), fc.constantFrom('remind', 'escalate', 'fail'))
  .map(([given, form, onTimeout]) => (id) => {
    const limit = given.timed ? { timeoutMs: 60_000 } : {};
    const all = { ...said(given), ...limit, onTimeout } as const;
    return form === 'ask' ? ask(id(), all) : instruct(id(), all);
  });

// Every wait has an end, so that a run whose checks never pass ends too.
const wait: fc.Arbitrary<Draft> = fc
  .tuple(common, fc.constantFrom('duration', 'check', 'acceptance'))
  .map(([given, kind]) => (id) => {
    const all = { ...said(given), timeoutMs: 20_000 };
    if (kind === 'acceptance') return acceptance(id(), all);
    const until =
      kind === 'duration'
        ? ({ kind, ms: 3000 } as const)
        : ({ kind: 'check', call: call('test.up'), everyMs: 1000 } as const);
    return waitFor(id(), until, all);
  });

const { step } = fc.letrec<{ step: Draft; block: Draft[] }>((tie) => ({
  block: fc.array(tie('step'), { minLength: 0, maxLength: 3 }),
  step: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    { arbitrary: machine, weight: 5 },
    { arbitrary: human, weight: 3 },
    { arbitrary: wait, weight: 2 },
    {
      weight: 1,
      arbitrary: fc.tuple(common, tie('block')).map(([given, inside]) => (id: () => string) => {
        const own = id();
        return parallel(
          own,
          inside.map((draft) => draft(id)),
          said(given),
        );
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(common, tie('block'), tie('block'))
        .map(([given, left, right]) => (id: () => string) => {
          const own = id();
          const options = { left: left.map((draft) => draft(id)), right: right.map((draft) => draft(id)) };
          return choose(own, options, said(given));
        }),
    },
  ),
}));

const blockOf = (most: number) => fc.array(step, { minLength: 0, maxLength: most });

/** Any plan: checklists, nested blocks, faults at the start and during a phase, obligations; attended or not, drill or live. */
export const anyPlan = (said: Partial<Plan> = {}): fc.Arbitrary<Plan> =>
  fc
    .record({
      before: blockOf(1),
      response: fc.array(blockOf(4), { minLength: 1, maxLength: 3 }),
      always: blockOf(2),
      after: blockOf(1),
      live: fc.boolean(),
      scripted: fc.boolean(),
      holdMs: fc.constantFrom(0, 3000),
      onFailure: fc.constantFrom(undefined, 'retry', 'skip', 'abort'),
      onResume: fc.constantFrom(undefined, 'again', 'done', 'abort'),
      faults: fc.subarray(['start', 'sabotage', 'phase'] as const),
    })
    .map(({ before, response, always, after, live, scripted, holdMs, onFailure, onResume, faults }) => {
      let count = 0;
      const id = () => `s${(count += 1)}`;
      const part = (name: string, stage: Stage, drafts: Draft[]): Phase =>
        phase(
          name,
          drafts.map((draft) => draft(id)),
          stage,
        );
      const phases = [
        part('before', 'before', before),
        ...response.map((drafts, index) => part(`p${index + 1}`, 'response', drafts)),
        part('always', 'always', always),
        part('after', 'after', after),
      ];
      const planned = {
        start: fault('start', { after: { phase: 'start', delayMs: 1000 } }),
        sabotage: fault('sabotage', { sabotage: true }),
        phase: fault('phase', { after: { phase: 'p1', delayMs: 2000 } }),
      };
      const steps = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `s${index + 1}`,
          // Valid for whichever form the step has: what a form does not know is not looked at, except in `ask`.
          declared(phases, `s${index + 1}`),
        ]),
      );
      const answers = {
        steps,
        ...(onFailure === undefined ? {} : { onFailure }),
        ...(onResume === undefined ? {} : { onResume }),
      };
      const isLive = live && !scripted;
      return plan(phases, {
        mode: isLive ? 'live' : 'drill',
        unattended: scripted,
        faults: isLive ? [] : faults.map((one) => planned[one]),
        acceptance: {
          holdMs,
          checks: [{ id: 'content', call: call('test.content'), critical: true, weight: 1 }],
        },
        answers,
        ...said,
      });
    });

function declared(phases: readonly Phase[], id: string) {
  const find = (steps: readonly Step[]): Step | undefined => {
    for (const one of steps) {
      const inside =
        one.form === 'parallel'
          ? one.steps
          : one.form === 'decide'
            ? one.options.flatMap((o) => o.steps)
            : [];
      const found = one.id === id ? one : find(inside);
      if (found) return found;
    }
    return undefined;
  };
  const found = find(phases.flatMap((one) => one.steps));
  if (found?.form === 'ask') return { severity: 'P0' };
  if (found?.form === 'decide') return { option: 'right' };
  return found?.form === 'instruct' ? { done: true } : { approve: true };
}
