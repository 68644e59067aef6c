import { describe, expect, it } from 'vitest';
import { phaseProgress, stepsToAbort } from '../../src/run/index.js';
import { ask, call, parallel, phase, plan, unattended, uses, waitFor } from './plans.js';
import { ana, ben, pass, red, Story, underWay } from './story.js';

const enough = { kind: 'stop', reason: 'enough', by: ana } as const;

describe('a stop', () => {
  it('takes back questions, ends steps, leaves phases, then meets the obligations and closes', () => {
    const steps = [
      parallel('both', [uses('a'), ask('b'), waitFor('c', { kind: 'duration', ms: 9000 })]),
      uses('d'),
    ];
    const phases = [phase('one', steps), phase('two', [uses('e')]), phase('tidy', [uses('bill')], 'always')];
    const story = underWay(plan([...phases, phase('talk', [uses('f')], 'after')]));
    story.go();
    story.started('a');
    expect(story.submit(enough)).toBeNull();
    expect(story.submit(enough)?.why).toContain('already');
    // The action is being aborted: its end is awaited, and nothing is closed over its head.
    expect(story.next()).toEqual([]);
    expect(stepsToAbort(story.plan, story.state)).toContain('a');
    expect(story.all('prompt-withdrawn')).toHaveLength(1);
    expect(story.failed('a').next()).toEqual(['perform bill']);
    expect(story.statuses()).toEqual({
      ...{ both: 'failed', a: 'failed', b: 'skipped', c: 'failed', d: 'skipped', e: 'skipped' },
      ...{ bill: 'pending', f: 'skipped' },
    });
    expect(story.all('phase-left')).toEqual([{ phase: 'one', outcome: 'cancelled' }]);
    story.started('bill');
    expect(stepsToAbort(story.plan, story.state)).toEqual([]);
    expect(story.succeeded('bill').next()).toEqual(['close-environment']);
    expect(story.closed().next()).toEqual(['finished']);
    expect(story.state.ended).toMatchObject({ status: 'cancelled', verdict: 'inconclusive' });
  });

  it('by a signal cancels, too', () => {
    const story = underWay(plan([uses('a')]));
    story.submit({ kind: 'stop', reason: 'SIGTERM', by: { kind: 'engine' } });
    story.go();
    expect(story.state.stop?.how).toBe('signal');
    story.closed().go();
    expect(story.state.ended?.status).toBe('cancelled');
  });

  it('does not undo that a step had succeeded just then', () => {
    const story = underWay(plan([uses('a', { marks: 'recovery-started' })]));
    story.started('a').submit(enough);
    story.succeeded('a').go();
    expect(story.statuses()['a']).toBe('succeeded');
    expect(story.state.marks['recovery-started']).toBeDefined();
  });

  it('is not lost by an interruption, and its obligations are met by the next engine', () => {
    const story = underWay(plan([phase('w', [uses('a')]), phase('tidy', [uses('bill')], 'always')]));
    story.started('a').submit(enough);
    story.take();
    expect(story.next()).toEqual(['open-environment']);
    // A second stop, by an impatient person, changes nothing about what is owed.
    story.tell({ type: 'stop-requested', data: { reason: 'now', how: 'signal' } });
    expect(story.environmentOpened().next()).toEqual(['perform bill']);
    expect(story.state.stop).toMatchObject({ reason: 'enough', how: 'person' });
  });

  it('by a signal asks nobody any more: what needs a person stays an open obligation, and the engine ends', () => {
    const story = underWay(
      plan([phase('w', [uses('a')]), phase('tidy', [ask('who'), uses('bill')], 'always')]),
    );
    story.started('a').succeeded('a');
    story.submit({ kind: 'stop', reason: 'SIGTERM', by: { kind: 'engine' } });
    expect(story.next()).toEqual(['perform bill']);
    story.started('bill').failed('bill').go();
    story.closed().go();
    expect(story.all('prompt-opened')).toEqual([]);
    expect(story.statuses()).toMatchObject({ who: 'skipped', bill: 'failed' });
    expect(Object.keys(story.state.obligations)).toEqual(['step/who', 'step/bill']);
    expect(story.state.ended?.verdict).toBe('inconclusive');
  });

  it('of a drill in a lab does not ask about re-protection that failed: the lab is about to be removed', () => {
    const story = underWay(plan([phase('w', [uses('a')]), phase('tidy', [uses('bill')], 'always')]));
    story.started('a').succeeded('a').submit(enough);
    expect(story.next()).toEqual(['perform bill']);
    expect(story.started('bill').failed('bill').next()).toEqual(['close-environment']);
    expect(story.all('prompt-opened')).toEqual([]);
    expect(story.state.obligations).toHaveProperty(['step/bill']);
  });

  it('before anything was touched leaves nothing owed', () => {
    const story = underWay(
      plan([phase('w', [uses('a')]), phase('tidy', [uses('bill')], 'always')], { faults: [] }),
    );
    story.take().submit(enough);
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.obligations).toEqual({});
  });
});

describe('an interruption', () => {
  const dead = (effect: 'read' | 'idempotent' | 'once', said = {}) => {
    const story = underWay(plan([uses('one', { effect, ...said }), uses('two')]));
    story.started('one').later(60_000).take();
    expect(story.next()).toEqual(['open-environment']);
    story.environmentOpened();
    expect(story.next()).toEqual(['start-observer']);
    story.observerStarted();
    return story;
  };

  it.each(['read', 'idempotent'] as const)('of an action that is %s runs it again', (effect) => {
    expect(dead(effect).go()).toMatchObject([{ do: 'perform', attempt: 2 }]);
  });

  it('before an action had begun lets it begin, whatever its effect', () => {
    const story = underWay(plan([uses('one', { effect: 'once' })]));
    story.take().go();
    story.environmentOpened().go();
    expect(story.noObserver().go()).toMatchObject([{ do: 'perform', attempt: 1 }]);
  });

  it('asks a check anew that was answered in the session before', () => {
    const story = underWay(plan([uses('one', { effect: 'once', check: call('x') })]));
    story.checked('one', 'before', red).take().go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual(['check before one']);
  });

  it('of what may be done once is settled by its check where that passes', () => {
    const story = dead('once', { check: call('is.done') });
    expect(story.next()).toEqual(['check resume one']);
    expect(story.all('step-outcome-unknown')).toHaveLength(1);
    expect(story.checked('one', 'resume', pass).next()).toEqual(['perform two']);
    expect(story.all('step-succeeded')).toMatchObject([{ step: 'one', how: 'already-done' }]);
  });

  it('of what may be done once is a question where the check does not pass', () => {
    const story = dead('once', { check: call('is.done') });
    story.go();
    story.checked('one', 'resume', red);
    expect(story.next()).toEqual([]);
    expect(story.asked()).toMatchObject({ kind: 'resume', options: ['again', 'done', 'abort'] });
    expect(story.asked()?.text).toContain('still broken');
    expect(story.later(86_400_000).next()).toEqual([]);
    story.answer({ option: 'again' });
    expect(story.next()).toEqual(['check before one']);
    story.checked('one', 'before', red, 2);
    expect(story.next()).toEqual(['perform one']);
    expect(story.state.steps['one']?.manualHelp).toBe(true);
  });

  it('answered with "done" believes the check, not the word', () => {
    const story = dead('once', { check: call('is.done') });
    story.go();
    story.checked('one', 'resume', red).go();
    story.answer({ option: 'done' });
    expect(story.next()).toEqual(['check claim one']);
    story.checked('one', 'claim', red);
    expect(story.next()).toEqual([]);
    expect(story.asked()?.kind).toBe('resume');
    story.answer({ option: 'done' });
    expect(story.next()).toEqual(['check claim one']);
    expect(story.checked('one', 'claim', pass).next()).toEqual(['perform two']);
  });

  it('answered with "done" where there is no check is a claim on record', () => {
    const story = dead('once');
    story.go();
    story.answer({ option: 'done' }, 'I looked');
    expect(story.next()).toEqual(['perform two']);
    expect(story.state.deviations).toEqual([{ kind: 'by-hand', step: 'one', reason: 'I looked' }]);
  });

  it('answered with "abort" fails the run', () => {
    const story = dead('once');
    story.go();
    story.answer({ option: 'abort' }, 'too risky');
    expect(story.next()).toEqual(['anchor-ledger']);
    expect(story.anchored().next()).toEqual(['close-environment']);
    expect(story.state.stop?.how).toBe('failure');
  });

  it.each([
    ['again', ['perform one']],
    ['done', ['perform two']],
    ['abort', ['close-environment']],
    [undefined, ['close-environment']],
  ] as const)('takes the declared answer %s in an unattended drill', (onResume, next) => {
    const answers = { steps: {}, ...(onResume === undefined ? {} : { onResume }) };
    const story = underWay(unattended([uses('one', { effect: 'once' }), uses('two')], answers));
    story.started('one').take().go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual(next);
  });

  it('leaves questions, waits and their clocks as they were', () => {
    const wait = waitFor('rest', { kind: 'duration', ms: 60_000 });
    const story = underWay(plan([parallel('both', [wait, ask('form', { timeoutMs: 90_000 })])]));
    story.go();
    const [prompt, begin] = [story.asked()?.id, story.nowMs];
    story.later(30_000).take().go();
    story.environmentOpened().go();
    expect(story.noObserver().go()).toEqual([{ do: 'wake', atMs: begin + 60_000 }]);
    expect(story.asked()?.id).toBe(prompt);
    expect(story.later(30_000).go()).toEqual([{ do: 'wake', atMs: begin + 90_000 }]);
    expect(story.all('step-started').filter((one) => one.step === 'rest')).toHaveLength(1);
  });

  it('keeps the approval that was given', () => {
    const story = underWay(plan([uses('one', { approve: { by: ['boss'] }, destroys: true })]));
    story.go();
    story.answer({ approve: true }, undefined, ben);
    story.go();
    story.answer({ typed: 'the-lab' });
    story.take().go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual(['perform one']);
  });

  it('while a fault was injected injects it again, by the same id', () => {
    const story = new Story(plan([uses('one')])).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver().go();
    story
      .tell({ type: 'fault-started', data: { fault: 'crash', describe: '' } })
      .take()
      .go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual(['inject crash']);
  });
});

describe('undo', () => {
  const undo = { undo: call('go.back') };
  const ran = () => {
    const story = underWay(
      plan([uses('a', undo), uses('b', { undo: { none: 'no need' } }), uses('c', undo), ask('d')]),
    );
    story.ran('a').go();
    story.ran('b').go();
    story.ran('c').go();
    return story;
  };
  const back = (steps: readonly string[] = []) =>
    ({ kind: 'undo', steps, reason: 'wrong way', by: ana }) as const;

  it('takes back what really ran, the last first, before anything else goes on', () => {
    const story = ran();
    expect(story.submit(back())).toBeNull();
    expect(story.all('undo-requested')).toMatchObject([{ steps: ['c', 'a'] }]);
    expect(story.next()).toEqual(['undo c']);
    story.answer({ severity: 'P0' });
    story.tell({ type: 'undo-started', data: { step: 'c', describe: '' } });
    story.tell({ type: 'undo-ended', data: { step: 'c', failure: null, evidence: [] } });
    expect(story.next()).toEqual(['undo a']);
    story.tell({ type: 'undo-ended', data: { step: 'a', failure: null, evidence: [] } });
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.undo.done).toEqual(['c', 'a']);
  });

  it('that fails leaves the rest to people', () => {
    const story = ran();
    story.submit(back());
    const failure = { reason: 'exit-code', message: 'x', retryable: false } as const;
    story.tell({ type: 'undo-ended', data: { step: 'c', failure, evidence: [] } });
    expect(story.next()).toEqual([]);
    expect(story.state.steps['a']?.undone).toBe(false);
    expect(story.submit(back(['a']))).toBeNull();
  });

  it('that was interrupted is not taken up by itself', () => {
    const story = ran();
    story.submit(back());
    story.tell({ type: 'undo-started', data: { step: 'c', describe: '' } });
    story.take().go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual([]);
  });

  it.each([
    [['b'], 'no undo'],
    [['x'], 'no step'],
    [['d'], 'no undo'],
  ])('of %j is refused: %s', (steps, why) => {
    expect(ran().submit(back(steps))?.why).toContain(why);
  });

  it('is refused while a step runs', () => {
    const story = underWay(plan([uses('a', undo), uses('b')]));
    story.ran('a').go();
    story.started('b');
    expect(story.submit(back())?.why).toContain('b is under way');
  });
});

describe('a step that was undone', () => {
  const undo = { undo: call('go.back') };
  const undone = (id: string) =>
    ({ type: 'undo-ended', data: { step: id, failure: null, evidence: [] } }) as const;

  it('is not counted as succeeded any more', () => {
    const story = underWay(plan([uses('a', undo), ask('b')]));
    story.ran('a').go();
    expect(phaseProgress(story.plan, story.state)[0]).toMatchObject({ total: 2, succeeded: 1 });
    story.submit({ kind: 'undo', steps: ['a'], reason: 'wrong way', by: ana });
    story.tell(undone('a'));
    expect(phaseProgress(story.plan, story.state)[0]).toMatchObject({ total: 2, succeeded: 0 });
  });

  it('and was an obligation leaves it open', () => {
    const story = underWay(
      plan([phase('work', [uses('a')]), phase('tidy', [uses('bill', undo), ask('seen')], 'always')]),
    );
    story.ran('a').go();
    story.ran('bill').go();
    story.submit({ kind: 'undo', steps: ['bill'], reason: 'too early', by: ana });
    story.tell(undone('bill')).go();
    expect(story.state.obligations).toMatchObject({ 'step/bill': { text: 'Title of bill: undone' } });
  });

  it('is as good as any other when it was failed, undone and then tried again', () => {
    const story = underWay(plan([uses('a', undo), ask('b')]));
    story.started('a').failed('a').go();
    story.submit({ kind: 'undo', steps: ['a'], reason: 'half done', by: ana });
    story.tell(undone('a')).go();
    story.answer({ option: 'retry' });
    story.started('a', 2).succeeded('a');
    expect(story.state.steps['a']).toMatchObject({ status: 'succeeded', undone: false });
  });

  it.each([
    ['a time', { kind: 'duration', ms: 60_000 }],
    ['the acceptance window', { kind: 'acceptance', everyMs: 1000 }],
  ] as const)('is none while the run waits for %s: undo is refused until that is over', (_what, until) => {
    const story = underWay(plan([uses('a', undo), waitFor('still', until)]));
    story.ran('a').go();
    const back = { kind: 'undo', steps: [], reason: 'wrong way', by: ana } as const;
    expect(story.submit(back)).toMatchObject({
      why: 'still is under way',
      hint: 'Wait for its end, or skip it.',
    });
    story.submit({ kind: 'skip', step: 'still', reason: 'to undo', by: ana });
    expect(story.submit(back)).toBeNull();
  });
});

describe('what a person wants at the wrong time', () => {
  it.each([
    [{ kind: 'release' }, 'not held'],
    [{ kind: 'note', text: '  ' }, 'empty'],
    [{ kind: 'stop', reason: ' ' }, 'reason'],
    [{ kind: 'hold', reason: '' }, 'reason'],
    [{ kind: 'skip', step: 'two', reason: '' }, 'reason'],
    [{ kind: 'skip', step: 'none', reason: 'x' }, 'no step'],
    [{ kind: 'skip', step: 'one', reason: 'x' }, 'under way'],
    [{ kind: 'answer', prompt: 'none', answer: {} }, 'no question'],
    [{ kind: 'undo', steps: [], reason: 'x' }, 'under way'],
  ] as const)('%j is refused: %s, and changes nothing', (input, why) => {
    const story = underWay(plan([uses('one'), uses('two')]));
    story.started('one');
    const before = story.state;
    expect(story.submit({ ...input, by: ana })?.why).toContain(why);
    expect(story.state).toBe(before);
  });

  it('is refused when the run has ended, and when it was answered already', () => {
    const story = underWay(plan([ask('form'), uses('one')]));
    const prompt = (story.go(), story.asked()?.id ?? '');
    story.answer({ severity: 'P0' });
    story.go();
    expect(story.submit({ kind: 'answer', prompt, answer: { severity: 'P1' }, by: ben })?.why).toContain(
      'already',
    );
    story.ran('one').go();
    story.closed().go();
    expect(story.submit({ kind: 'note', text: 'late', by: ana })?.why).toContain('ended');
  });
});

describe('a skip by a person', () => {
  it('of a step to come is taken, is a deviation, and takes its block with it', () => {
    const story = underWay(plan([uses('one'), parallel('both', [uses('a'), ask('b')]), uses('last')]));
    expect(story.submit({ kind: 'skip', step: 'both', reason: 'no time', by: ana })).toBeNull();
    expect(story.ran('one').next()).toEqual(['perform last']);
    expect(story.state.deviations).toEqual([{ kind: 'skip', step: 'both', reason: 'no time' }]);
    expect(story.statuses()).toMatchObject({ a: 'skipped', b: 'skipped' });
  });

  it('of a step that asks takes the question back', () => {
    const story = underWay(plan([ask('form'), uses('last')]));
    story.go();
    story.submit({ kind: 'skip', step: 'form', reason: 'nobody knows', by: ana });
    expect(story.next()).toEqual(['perform last']);
    expect(story.asked()).toBeUndefined();
  });
});
