import { describe, expect, it } from 'vitest';
import { clockPoints, currentSteps, openPrompts, phaseProgress } from '../../src/run/index.js';
import type { Plan } from '../../src/language/index.js';
import { acceptance, ask, choose, phase, plan, uses } from './plans.js';
import type { Story } from './story.js';
import { underWay } from './story.js';

interface Said {
  readonly tookMs?: number;
  readonly lost?: readonly [missing: number, windowMs: number] | 'not listed';
  readonly leftovers?: readonly string[];
  readonly plan?: Partial<Plan>;
}

/** A run that recovers after `tookMs` and loses so many commits. */
function recovered({ tookMs = 60_000, lost = [0, 0], leftovers = [], plan: said = {} }: Said) {
  const story = underWay(plan([acceptance()], { acceptance: { holdMs: 0, checks: checks() }, ...said }));
  story.go();
  story.later(tookMs).probed(true).go();
  if (lost === 'not listed') story.tell({ type: 'survivors-not-listed', data: { reason: 'none' } }).go();
  else story.survivors(...lost).go();
  story.closed(leftovers).go();
  return story.state.ended;
}
const checks = () => plan([]).acceptance?.checks ?? [];
const objectives = (rtoMs: number, rpoMs: number) => ({ plan: { objectives: { rtoMs, rpoMs } } });

describe('the verdict', () => {
  it.each([
    ['all within', {}, 'met'],
    ['recovery just in time', { tookMs: 60_000, ...objectives(60_000, 0) }, 'met'],
    ['recovery too late', { tookMs: 60_001, ...objectives(60_000, 0) }, 'missed'],
    ['a loss within the window', { lost: [3, 60_000] }, 'met'],
    ['a loss over the window', { lost: [3, 60_001] }, 'missed'],
    ['any loss where nothing may be lost', { lost: [1, 0], ...objectives(3_600_000, 0) }, 'missed'],
    ['no loss where nothing may be lost', { lost: [0, 0], ...objectives(3_600_000, 0) }, 'met'],
    ['a loss nobody counted', { lost: 'not listed' }, 'inconclusive'],
    ['no disruption', { plan: { faults: [] } }, 'inconclusive'],
    ['something left over', { leftovers: ['cluster'] }, 'inconclusive'],
  ] as const)('with %s is %s', (_what, said: Said, verdict) => {
    expect(recovered(said)).toMatchObject({ status: 'completed', verdict });
  });

  it('is inconclusive without a verified service, however well the steps went', () => {
    const story = underWay(plan([uses('one')]));
    story.ran('one').go();
    story.closed().go();
    expect(story.state.ended).toMatchObject({ status: 'completed', verdict: 'inconclusive' });
    expect(story.state.ended?.because).toContain('never verified');
  });

  it('is not met when a critical check fell after the service was verified', () => {
    const said = { acceptance: { holdMs: 0, checks: checks() } };
    const story = underWay(
      plan(
        [acceptance('one'), acceptance('two', { timeoutMs: 5000, onFailure: 'continue', because: 'test' })],
        said,
      ),
    );
    story.go();
    story.later(1000).probed(true).go();
    story.survivors().go();
    story.probed(false).later(5000).go();
    story.closed().go();
    expect(story.state.ended?.verdict).toBe('inconclusive');
    expect(story.state.ended?.because).toContain('content');
  });

  it('stays missed when the run fails after a recovery that took too long', () => {
    const said = { acceptance: { holdMs: 0, checks: checks() }, objectives: { rtoMs: 1000, rpoMs: 0 } };
    const story = underWay(plan([acceptance(), uses('one', { onFailure: 'stop' })], said));
    story.go();
    story.later(2000).probed(true).go();
    story.survivors().go();
    story.started('one').failed('one').go();
    story.closed().go();
    expect(story.state.ended).toMatchObject({ status: 'failed', verdict: 'missed' });
  });
});

describe('what views ask of a state', () => {
  it('are the current steps, the open questions, the progress and the five points', () => {
    const phases = [
      phase('a', [uses('one'), choose('way', { x: [uses('x1')], y: [uses('y1')] })]),
      phase('b', [ask('two')]),
    ];
    const story: Story = underWay(plan(phases));
    expect(currentSteps(story.plan, story.state)).toEqual([]);
    story.started('one');
    expect(currentSteps(story.plan, story.state).map((one) => [one.step.id, one.phase.id])).toEqual([
      ['one', 'a'],
    ]);
    story.succeeded('one').go();
    expect(openPrompts(story.state).map((one) => one.step)).toEqual(['way']);
    story.answer({ option: 'y' });
    story.go();
    expect(phaseProgress(story.plan, story.state)[0]).toMatchObject({
      status: 'active',
      total: 3,
      succeeded: 2,
    });
    story.started('y1').succeeded('y1').go();
    expect(phaseProgress(story.plan, story.state).map((one) => one.status)).toEqual(['completed', 'active']);
    expect(clockPoints(story.state).map(({ point, mark }) => [point, mark !== null])).toEqual([
      ['disruption', true],
      ['detected', true],
      ['declared', false],
      ['recovery-started', false],
      ['service-verified', false],
    ]);
  });
});
