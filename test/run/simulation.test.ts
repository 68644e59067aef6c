import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, evolve, fold, walkSteps, type RunState } from '../../src/run/index.js';
import type { Plan } from '../../src/language/index.js';
import { anyPlan } from './arbitrary-plan.js';
import { begun, Driver, type World } from './driver.js';
import type { Story } from './story.js';

const numRuns = Number(process.env['FIREDRILL_SIMULATIONS'] ?? 300);
const luck = fc.array(fc.nat({ max: 9999 }), { minLength: 40, maxLength: 200 });

/** Takes its choices from a list that fast-check makes and shrinks, round and round. */
function randomWorld(choices: readonly number[], said: Partial<World> = {}): World {
  let next = 0;
  const choose = (n: number) => {
    next += 1;
    // The turn number keeps a short list from answering the same for ever.
    return n === 0 ? 0 : ((choices[next % choices.length] ?? 0) + next * 7) % n;
  };
  return { choose, people: true, trouble: true, ...said };
}

describe('any run of any plan', () => {
  it('ends, in the right order, whatever fails, crashes and is meddled with', () => {
    const endings: { [ending: string]: number } = {};
    fc.assert(
      fc.property(anyPlan(), luck, (plan, choices) => {
        const driver = new Driver(begun(plan), randomWorld(choices));
        expect(driver.run()).toBe('finished');
        const { story } = driver;
        expect(story.all('run-ended')).toHaveLength(1);
        expectSettled(story);
        const { status = '', verdict = '' } = story.state.ended ?? {};
        endings[`${status}, ${verdict}`] = (endings[`${status}, ${verdict}`] ?? 0) + 1;
      }),
      { numRuns },
    );
    // The property would be worth little if all runs ended the same.
    expect(Object.keys(endings)).toEqual(
      expect.arrayContaining(['completed, inconclusive', 'failed, inconclusive', 'cancelled, inconclusive']),
    );
  });

  it('folds to the same state from its entries, and every prefix can be folded, decided and resumed', () => {
    fc.assert(
      fc.property(anyPlan(), luck, (plan, choices) => {
        const driver = new Driver(begun(plan), randomWorld(choices));
        driver.run();
        const { lines, state, nowMs } = driver.story;
        expect(fold(plan, lines)).toEqual(state);
        for (let length = 0; length <= lines.length; length += 1) {
          const prefix = frozen(fold(plan, lines.slice(0, length)));
          decide(plan, prefix, nowMs);
          decide(plan, prefix, 0);
          const before = JSON.stringify(prefix);
          const last = lines[length];
          if (last) evolve(plan, prefix, last.entry, last.sha256);
          expect(JSON.stringify(prefix)).toBe(before);
        }
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    );
  });

  it('never proceeds past a question that nobody answers', () => {
    fc.assert(
      fc.property(anyPlan({ unattended: false }), luck, (plan, choices) => {
        const world = randomWorld(choices, { people: false, trouble: false });
        const driver = new Driver(begun(plan), world);
        const ending = driver.run();
        expect(['finished', 'silent']).toContain(ending);
        const { story } = driver;
        expect(story.all('prompt-answered')).toEqual([]);
        const asking = Object.values(story.state.prompts).filter((one) => !one.closed);
        expect(ending === 'silent').toBe(asking.length > 0);
        for (const { step } of walkSteps(plan)) {
          const status = story.state.steps[step.id]?.status;
          // Nothing that needs a person has succeeded without one, and no choice was made.
          if (['ask', 'decide', 'instruct'].includes(step.form)) expect(status).not.toBe('succeeded');
          if (step.form === 'uses' && (step.approve || step.destroys) && driver.performed.has(step.id))
            expect.unreachable(`${step.id} was performed and nobody agreed`);
        }
        for (const later of behindOpenQuestions(plan, story))
          expect([later, story.state.steps[later]?.status]).toEqual([later, 'pending']);
      }),
      { numRuns },
    );
  });
});

/** Nothing hangs in the air when a run has ended. */
function expectSettled({ plan, state }: Story): void {
  expect(Object.values(state.prompts).filter((one) => !one.closed)).toEqual([]);
  for (const { step, phase } of walkSteps(plan)) {
    const known = state.steps[step.id];
    const unreached = plan.mode === 'drill' && state.detection.nothing && phase.stage === 'response';
    const allowed = unreached ? ['pending', 'skipped'] : ['succeeded', 'failed', 'skipped'];
    expect([step.id, allowed.includes(known?.status ?? '')], known?.status).toEqual([step.id, true]);
  }
  if (state.ended?.verdict === 'met') expect(state.marks['service-verified']).toBeDefined();
  for (const phase of Object.values(state.phases)) expect(phase.status).not.toBe('active');
}

/** Top-level steps of a phase behind one whose question is open, and all of later phases. */
function behindOpenQuestions(plan: Plan, { state }: Story): string[] {
  const open = Object.values(state.prompts).filter((one) => !one.closed && one.step !== null);
  const behind: string[] = [];
  let blocked = false;
  for (const phase of plan.phases.filter((one) => one.stage === 'response')) {
    for (const step of phase.steps) {
      if (blocked)
        behind.push(
          ...walkSteps({ ...plan, phases: [{ ...phase, steps: [step] }] }).map((one) => one.step.id),
        );
      const inside = walkSteps({ ...plan, phases: [{ ...phase, steps: [step] }] }).map((one) => one.step.id);
      if (open.some((prompt) => inside.includes(prompt.step ?? ''))) blocked = true;
    }
  }
  return behind;
}

function frozen(state: RunState): RunState {
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  };
  freeze(state);
  return state;
}
