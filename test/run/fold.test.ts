import { describe, expect, it } from 'vitest';
import { fillCall, findStep, retriesByItself, savedBy, scopeOf, walkSteps } from '../../src/run/index.js';
import { ask, call, choose, parallel, phase, plan, uses } from './plans.js';
import { broken, pass, underWay } from './story.js';

describe('the fold', () => {
  it('takes the head and the number of the last line', () => {
    const story = underWay(plan([uses('one')]));
    expect(story.state).toMatchObject({ seq: story.lines.length, head: story.lines.at(-1)?.sha256 });
  });

  it('reads a journal of another plan without complaint', () => {
    const story = underWay(plan([uses('one')]));
    story.ran('stranger').checked('stranger', 'after', pass).faultInjected('nobody');
    story.tell({ type: 'phase-left', data: { phase: 'elsewhere', outcome: 'completed' } });
    story.tell({ type: 'prompt-answered', data: { prompt: 'nothing', answer: {}, reason: null } });
    expect(story.next()).toEqual(['perform one']);
  });
});

describe('the scope of insertions', () => {
  it('holds inputs, environment, what steps saved, answers and the run, and names what is missing', () => {
    const steps = [ask('form'), uses('look', { saves: { worst: 'relation' } })];
    const inputs = { port: '${environment.port}', lost: '${environment.nothing}', plain: 'p' };
    const story = underWay(plan(steps, { inputs }));
    story.go();
    story.answer({ severity: 'P1' });
    story.go();
    story.ran('look', { relation: 'bookings' }, { worst: 'bookings' });
    expect(scopeOf(story.plan, story.state)).toEqual({
      inputs: { port: 5432, plain: 'p' },
      environment: { port: 5432 },
      steps: { form: {}, look: { worst: 'bookings' } },
      answers: { form: { severity: 'P1' } },
      run: {
        ...{ id: 'run-1', mode: 'drill', rto: '1 hour', rpo: 'at most 1 minute of data' },
        disruption: '2027-01-17 01:00 UTC',
      },
    });
    const given = {
      a: '${inputs.port}',
      b: 'is ${steps.look.worst}',
      c: '${steps.own.x}',
      d: '${inputs.lost}',
    };
    expect(fillCall(story.plan, story.state, call('x', given))).toEqual({
      args: { a: 5432, b: 'is bookings', c: '${steps.own.x}', d: '${inputs.lost}' },
      missing: ['steps.own.x', 'inputs.lost'],
    });
    const own = { step: 'own', saved: { x: 7 } };
    expect(fillCall(story.plan, story.state, call('x', { c: '${steps.own.x}' }), own).args).toEqual({ c: 7 });
  });

  it('words the objectives and the beginning of the disruption for messages', () => {
    const story = underWay(plan([uses('look')]));
    const objectives = { rtoMs: 5_400_000, rpoMs: 0 };
    const facts = (marks: typeof story.state.marks) =>
      scopeOf({ ...story.plan, objectives }, { ...story.state, marks })['run'];
    expect(facts({})).toMatchObject({
      ...{ rto: '1 hour 30 minutes', rpo: 'no data', disruption: 'not known yet' },
    });
    const disruption = { ...story.state.marks.disruption!, pointAt: '2027-01-17T01:02:59.999Z' };
    expect(facts({ disruption })).toMatchObject({ disruption: '2027-01-17 01:02 UTC' });
  });

  it('never looks at what was inserted again', () => {
    const story = underWay(plan([uses('look'), uses('next')]));
    story.ran('look', {}, { evil: '${environment.port}' });
    const { args } = fillCall(story.plan, story.state, call('x', { a: '${steps.look.evil}' }));
    expect(args).toEqual({ a: '${environment.port}' });
  });

  it('saves outputs under the names the runbook chose, those that exist', () => {
    expect(savedBy(uses('a', { saves: { x: 'out', y: 'none' } }), { out: 0, more: 1 })).toEqual({ x: 0 });
  });
});

describe('the steps of a plan', () => {
  it('are walked in written order with their place', () => {
    const deep = choose('way', { x: [parallel('p', [uses('a')])] });
    const book = plan([phase('one', [deep]), phase('two', [uses('b')])]);
    expect(walkSteps(book).map(({ step, parent, option }) => [step.id, parent?.id, option])).toEqual([
      ['way', undefined, null],
      ['p', 'way', 'x'],
      ['a', 'p', null],
      ['b', undefined, null],
    ]);
    expect(findStep(book, 'b')?.phase.id).toBe('two');
    expect(findStep(book, 'c')).toBeUndefined();
    expect(walkSteps(book)).toBe(walkSteps(book));
  });
});

describe('trying again by itself', () => {
  const three = uses('a', { retry: { attempts: 3, backoffMs: 0 } });
  it.each([
    ['exit-code', 1, true],
    ['check', 2, true],
    ['exit-code', 3, false],
    ['refused', 1, false],
    ['invalid', 1, false],
    ['cancelled', 1, false],
  ] as const)('after %s in attempt %i: %s', (reason, attempt, again) => {
    const story = underWay(plan([three]));
    const failure = { ...broken, reason };
    expect(retriesByItself(story.state, three, attempt, failure)).toBe(again);
    story.tell({ type: 'stop-requested', data: { reason: '', how: 'person' } });
    expect(retriesByItself(story.state, three, attempt, failure)).toBe(false);
  });
});
