import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command, PromptState } from '../../src/run/index.js';
import { walkSteps } from '../../src/run/index.js';
import type { Phase, Plan, Step } from '../../src/language/index.js';
import { anyPlan } from './arbitrary-plan.js';
import { begun, Driver, type World } from './driver.js';
import { call } from './plans.js';
import { Story } from './story.js';

/**
 * A world with a memory: what was done stays done, also when the engine dies before it could say so, and checks tell the truth. A
 * step's fate is its own: it always works or never does.
 */
class Memory implements World {
  readonly people = true;
  readonly trouble = false;
  readonly twice: string[] = [];

  constructor(
    readonly bad: ReadonlySet<string>,
    readonly done: Set<string>,
  ) {}

  choose(): number {
    return 0;
  }

  goesWell = (command: Command): boolean => {
    if (command.do === 'perform') {
      const { id, effect } = command.step;
      if (this.bad.has(id)) return false;
      if (effect === 'once' && this.done.has(id)) this.twice.push(id);
      this.done.add(id);
      return true;
    }
    if (command.do === 'check') {
      return command.purpose === 'wait' ? !this.bad.has(command.step.id) : this.done.has(command.step.id);
    }
    return true;
  };

  option = (prompt: PromptState): string | undefined => {
    const step = prompt.step ?? '';
    if (prompt.kind === 'failure') return 'skip';
    return prompt.kind === 'resume' ? (this.done.has(step) ? 'done' : 'again') : undefined;
  };
}

function outcome({ state }: Story) {
  const steps = Object.values(state.steps).map(({ id, status, chosen, skipped }) => [
    id,
    status,
    chosen,
    skipped?.cause,
  ]);
  const { ended, marks, loss } = state;
  return { steps, ended, marks: Object.keys(marks).sort(), loss, obligations: state.obligations };
}

/** A person's task is proven by a check of its own; here its claim counts, so that the task can be done at all. */
function withoutClaims(plan: Plan, always: boolean): Plan {
  const change = (step: Step): Step => {
    const { check, ...rest } = step;
    if (rest.form === 'parallel') return { ...rest, steps: rest.steps.map(change) };
    if (rest.form === 'decide')
      return { ...rest, options: rest.options.map((one) => ({ ...one, steps: one.steps.map(change) })) };
    if (rest.form === 'instruct') return rest;
    const proven = always && rest.effect === 'once' ? (check ?? call('test.check')) : check;
    return proven ? { ...rest, check: proven } : rest;
  };
  return { ...plan, phases: plan.phases.map((one): Phase => ({ ...one, steps: one.steps.map(change) })) };
}

describe('an engine that dies', () => {
  it.each([
    ['with people', false],
    ['unattended', true],
  ])(
    'after any entry, and is taken up again %s, brings the run to the same outcome, nothing done twice',
    (_who, unattended) => {
      fc.assert(
        fc.property(
          anyPlan({ unattended, mode: 'drill' }),
          fc.array(fc.nat(12)),
          fc.boolean(),
          (any, fates, luck) => {
            const asked = withoutClaims(any, unattended);
            // A fault that comes beside the steps races them by the clock, which an interruption changes.
            const faults = asked.faults.filter((one) => one.after.phase === 'start');
            const plan = { ...asked, faults, answers: { ...asked.answers, onResume: 'again' } } as const;
            const bad = new Set(fates.map((fate) => `s${fate}`));
            const whole = new Driver(begun(plan), new Memory(bad, new Set()));
            expect(whole.run()).toBe('finished');
            const { lines } = whole.story;
            for (let length = 2; length <= lines.length; length += 1) {
              const story = Story.of(plan, lines.slice(0, length));
              const world = new Memory(bad, doneBy(story, luck, bad));
              if (story.state.ended === null) story.take();
              const driver = new Driver(story, world);
              expect(driver.run()).toBe('finished');
              expect(world.twice).toEqual([]);
              expect({ length, ...outcome(story) }).toEqual({ length, ...outcome(whole.story) });
            }
          },
        ),
        { numRuns: Number(process.env['FIREDRILL_SIMULATIONS'] ?? 300) / 5 },
      );
    },
  );
});

/** What had really been done when the engine died: all that is on record, and perhaps what was under way. */
function doneBy({ plan, state, entries }: Story, luck: boolean, bad: ReadonlySet<string>): Set<string> {
  const done = new Set<string>();
  for (const entry of entries)
    if (entry.type === 'step-succeeded' && entry.data.how === 'performed') done.add(entry.data.step);
  for (const { step } of walkSteps(plan))
    if (luck && state.steps[step.id]?.status === 'running' && !bad.has(step.id)) done.add(step.id);
  return done;
}
