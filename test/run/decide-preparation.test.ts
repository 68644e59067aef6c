import { describe, expect, it } from 'vitest';
import { ask, call, fault, phase, plan, uses } from './plans.js';
import { ana, startMs, Story, underWay } from './story.js';

describe('before the response', () => {
  it('binds roles, opens the environment, starts the observer, injects, waits for detection, in this order', () => {
    const story = new Story(plan([uses('one')]));
    expect(story.decide()).toEqual([]);
    story.begin();
    expect(story.next()).toEqual(['open-environment']);
    expect(story.all('roles-bound')).toEqual([{ people: { lead: { name: 'Ana' }, boss: { name: 'Ben' } } }]);
    expect(story.environmentOpened().next()).toEqual(['start-observer']);
    expect(story.observerStarted().next()).toEqual(['inject crash']);
    expect(story.faultInjected('crash').next()).toEqual(['wake']);
    expect(story.observed('failing').next()).toEqual(['evaluate-detection']);
    expect(story.signs(true).next()).toEqual(['perform one']);
  });

  it('runs the checklists before the damage, and counts the delay of a fault from their end', () => {
    const phases = [phase('ready', [ask('roll-call')], 'before'), phase('work', [uses('one')])];
    const story = new Story(
      plan(phases, { faults: [fault('crash', { after: { phase: 'start', delayMs: 10_000 } })] }),
    );
    story.begin().go();
    story.environmentOpened().go();
    story.noObserver().go();
    expect(story.asked()?.step).toBe('roll-call');
    story.later(60_000).answer({ severity: 'P0' });
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 10_000 }]);
    expect(story.later(9999).next()).toEqual(['wake']);
    expect(story.later(1).next()).toEqual(['inject crash']);
  });

  it('injects one fault at a time, the first due first, a sabotage included', () => {
    const faults = [
      fault('late', { after: { phase: 'start', delayMs: 5000 } }),
      fault('sabotage', { sabotage: true }),
      fault('second'),
    ];
    const story = new Story(plan([uses('one')], { faults })).begin();
    story.go();
    story.environmentOpened().go();
    expect(story.noObserver().next()).toEqual(['inject sabotage']);
    story.tell({ type: 'fault-started', data: { fault: 'sabotage', describe: '' } });
    expect(story.next()).toEqual([]);
    expect(story.faultInjected('sabotage', true).next()).toEqual(['inject second']);
    expect(story.state.marks.disruption).toBeUndefined();
    expect(story.faultInjected('second').next()).toEqual(['wake']);
    expect(story.later(5000).next()).toEqual(['inject late']);
  });

  it('marks the disruption at the time the damage was done, once', () => {
    const story = new Story(plan([uses('one')], { faults: [fault('a'), fault('b')] })).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver().go();
    const at = new Date(story.nowMs + 700).toISOString();
    story.later(1000).faultInjected('a', false, { at }).go();
    story.later(1000).faultInjected('b').go();
    expect(story.state.marks.disruption).toMatchObject({ pointAt: at, by: 'engine' });
    expect(story.all('clock-marked').filter((mark) => mark.point === 'disruption')).toHaveLength(1);
  });

  it('fails the run when a fault cannot be injected, and still cleans up', () => {
    const story = new Story(
      plan([phase('work', [uses('one')]), phase('tidy', [uses('bill')], 'always')]),
    ).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver().go();
    story.tell({ type: 'fault-started', data: { fault: 'crash', describe: '' } });
    const failure = { reason: 'unavailable', message: 'no', retryable: false } as const;
    story.tell({ type: 'fault-failed', data: { fault: 'crash', failure } });
    expect(story.next()).toEqual(['perform bill']);
    expect(story.state.stop?.how).toBe('failure');
    expect(story.ran('bill').next()).toEqual(['close-environment']);
    expect(story.closed().next()).toEqual(['finished']);
    expect(story.state.ended).toMatchObject({ status: 'failed', verdict: 'inconclusive' });
    expect(story.statuses()['one']).toBe('skipped');
  });

  it.each([
    ['a live run', { mode: 'live' }],
    ['an environment that is not a lab', { environment: { name: 'prod', kind: 'declared', settings: {} } }],
  ] as const)('injects nothing in %s', (_what, said) => {
    const story = new Story(plan([uses('one')], said)).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver();
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.stop?.reason).toContain('faults');
  });

  it('goes no further where the environment cannot be opened, and does not try for ever', () => {
    const story = new Story(
      plan([phase('work', [uses('one')]), phase('tidy', [uses('bill')], 'always')]),
    ).begin();
    expect(story.next()).toEqual(['open-environment']);
    story.tell({ type: 'stop-requested', data: { reason: 'no such host', how: 'failure' } });
    expect(story.next()).toEqual(['close-environment']);
    expect(story.closed().next()).toEqual(['finished']);
    expect(story.statuses()).toEqual({ one: 'skipped', bill: 'skipped' });
    expect(story.state.obligations).toEqual({});
    expect(story.state.ended?.status).toBe('failed');
  });
});

describe('detection', () => {
  const prepared = (said = {}) => {
    const story = new Story(plan([uses('one')], said)).begin();
    story.go();
    story.environmentOpened().go();
    story.observerStarted().go();
    return story;
  };

  it('gives the sentinel 60 s, no more', () => {
    const story = prepared();
    story.later(500).faultInjected('crash');
    expect(story.go()).toEqual([{ do: 'wake', atMs: startMs + 500 + 60_000 }]);
    expect(story.later(59_999).next()).toEqual(['wake']);
    expect(story.later(1).next()).toEqual(['evaluate-detection']);
  });

  it.each([
    ['there is no fault at the start', { faults: [] }],
    ['there is only a sabotage', { faults: [fault('crash', { sabotage: true })] }],
  ])('looks at once where %s', (_what, said) => {
    const story = prepared(said);
    if (said.faults.length > 0) story.faultInjected('crash', true);
    expect(story.next()).toEqual(['evaluate-detection']);
  });

  it('looks at once where the disaster lets no client see anything fail', () => {
    const story = prepared();
    story.tell({
      type: 'fault-injected',
      data: { fault: 'crash', sabotage: false, groundTruth: {}, proof: {}, evidence: [], silent: true },
    });
    expect(story.next()).toEqual(['evaluate-detection']);
  });

  it('marks detected when the sentinel sees it, with its time', () => {
    const story = prepared();
    story.later(500).faultInjected('crash').go();
    story.later(3000).observed('failing', 1000).go();
    expect(story.state.marks.detected).toMatchObject({
      by: 'sentinel',
      pointAt: new Date(startMs + 2500).toISOString(),
    });
  });

  it('does not take for detection what failed before the damage', () => {
    const story = prepared({ faults: [fault('crash', { after: { phase: 'start', delayMs: 9000 } })] });
    story.later(1000).observed('failing').go();
    expect(story.state.marks.detected).toBeUndefined();
    story.later(8000).faultInjected('crash').go();
    expect(story.state.marks.detected).toBeUndefined();
    story.later(1000).signs(true).go();
    expect(story.state.marks.detected).toMatchObject({
      by: 'engine',
      pointAt: new Date(story.nowMs).toISOString(),
    });
  });

  it('a failure from before the disaster ends no wait for the sentinel and is nothing found', () => {
    const faults = [
      fault('sabotage', { sabotage: true }),
      fault('crash', { after: { phase: 'start', delayMs: 9000 } }),
    ];
    const story = prepared({ faults });
    story.faultInjected('sabotage', true).later(1000).observed('failing').go();
    story.later(8000).faultInjected('crash');
    expect(story.next()).toEqual(['wake']);
    expect(story.later(60_000).next()).toEqual(['evaluate-detection']);
    story.signs(false);
    expect(story.state.detection).toMatchObject({ anySeen: false, nothing: true });
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.marks.detected).toBeUndefined();
  });

  it('a failure during the injection is the disaster’s', () => {
    const story = prepared();
    story.tell({ type: 'fault-started', data: { fault: 'crash', describe: '' } });
    story.later(1000).observed('failing').later(1000).faultInjected('crash');
    expect(story.next()).toEqual(['evaluate-detection']);
    story.signs(false);
    expect(story.state.detection.nothing).toBe(false);
  });

  it('never marks it before the disruption', () => {
    const story = prepared();
    story.tell({ type: 'fault-started', data: { fault: 'crash', describe: '' } });
    story.later(1000).observed('failing', 500).later(1000);
    story.faultInjected('crash', false, { at: new Date(story.nowMs).toISOString() }).go();
    expect(story.state.marks.detected?.pointAt).toBe(story.state.marks.disruption?.pointAt);
  });

  it('ends a drill in which nothing is wrong: inconclusive, obligations met, response pending', () => {
    const phases = [
      phase('work', [uses('one')]),
      phase('tidy', [uses('bill')], 'always'),
      phase('review', [uses('talk')], 'after'),
    ];
    const story = new Story(plan(phases)).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver().go();
    story.faultInjected('crash').go();
    story.signs(null);
    expect(story.next()).toEqual(['perform bill']);
    // The regions are being taken down: what fails now is no detection and starts no response.
    story.observed('failing');
    expect(story.ran('bill').next()).toEqual(['perform talk']);
    expect(story.ran('talk').next()).toEqual(['close-environment']);
    expect(story.closed().next()).toEqual(['finished']);
    expect(story.state.ended).toEqual({
      ...{ status: 'completed', verdict: 'inconclusive' },
      because: 'detection found nothing wrong',
    });
    expect(story.statuses()['one']).toBe('pending');
    expect(story.state.marks.detected).toBeUndefined();
  });

  const live = (attested?: string) => {
    const said = { mode: 'live', faults: [], detection: [{ id: 's', sign: 's', check: call('x') }] } as const;
    const story = new Story(plan([uses('one')], said)).begin(attested);
    story.go();
    story.environmentOpened().go();
    story.observerStarted().go();
    return story;
  };

  it('asks in a live run in which nothing is wrong', () => {
    const story = live();
    story.signs(false);
    expect(story.next()).toEqual([]);
    expect(story.asked()).toMatchObject({ kind: 'nothing-found', options: ['go-on', 'stop'] });
    expect(story.later(86_400_000).next()).toEqual([]);
    expect(story.answer({ option: 'perhaps' })).not.toBeNull();
    story.answer({ option: 'go-on' });
    expect(story.next()).toEqual(['perform one']);
  });

  it('stops a live run in which nothing is wrong, when a person says so', () => {
    const story = live();
    story.signs(false).go();
    story.answer({ option: 'stop' }, 'false alarm');
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.stop).toMatchObject({ how: 'person', reason: 'false alarm' });
  });

  it('takes the first failed probe of a live run for the disruption', () => {
    const story = live();
    story.later(1000).observed('failing', 400).go();
    const pointAt = new Date(story.nowMs - 400).toISOString();
    expect(story.state.marks).toMatchObject({
      disruption: { by: 'sentinel', pointAt },
      detected: { by: 'sentinel', pointAt },
    });
  });

  it('believes what people attest about the start', () => {
    const story = live('2027-01-17T00:30:00.000Z');
    expect(story.state.marks.disruption).toMatchObject({ by: 'person', pointAt: '2027-01-17T00:30:00.000Z' });
  });
});

describe('phases', () => {
  it('enters, leaves and anchors them in written order, and injects their faults beside their steps', () => {
    const faults = [fault('crash'), fault('second', { after: { phase: 'b', delayMs: 2000 } })];
    const story = new Story(plan([phase('a', [uses('one')]), phase('b', [uses('two')])], { faults })).begin();
    story.go();
    story.environmentOpened().go();
    story.observerStarted().go();
    story.faultInjected('crash').observed('failing').go();
    expect(story.signs(true).next()).toEqual(['perform one']);
    expect(story.later(5000).ran('one').next()).toEqual(['anchor-ledger']);
    expect(story.all('phase-entered').map((one) => one.phase)).toEqual(['a']);
    expect(story.anchored().next()).toEqual(['perform two', 'wake']);
    story.started('two');
    expect(story.later(2000).next()).toEqual(['inject second']);
    story.tell({ type: 'fault-started', data: { fault: 'second', describe: '' } });
    expect(story.succeeded('two').next()).toEqual(['anchor-ledger']);
    // The response is over, but the fault is still under way: nothing is closed over its head.
    expect(story.anchored().next()).toEqual([]);
    expect(story.faultInjected('second').next()).toEqual(['close-environment']);
  });

  it('goes on when the ledger cannot be anchored', () => {
    const story = new Story(
      plan([phase('a', [uses('one')]), phase('b', [uses('two')])], { faults: [] }),
    ).begin();
    story.go();
    story.environmentOpened().go();
    story.observerStarted().go();
    story.signs(true).go();
    expect(story.ran('one').next()).toEqual(['anchor-ledger']);
    story.tell({ type: 'note-taken', data: { text: 'ledger not anchored: gone' } });
    expect(story.next()).toEqual(['perform two']);
  });

  it('starts nothing new while the run is held, and says nothing of it in the clock', () => {
    const story = underWay(plan([uses('one'), uses('two')]));
    expect(story.submit({ kind: 'hold', reason: 'an auditor calls', by: ana })).toBeNull();
    expect(story.next()).toEqual([]);
    expect(story.submit({ kind: 'release', by: ana })).toBeNull();
    story.started('one');
    story.submit({ kind: 'hold', reason: 'again', by: ana });
    expect(story.succeeded('one').next()).toEqual([]);
    expect(story.statuses()).toEqual({ one: 'succeeded', two: 'pending' });
    story.submit({ kind: 'release', by: ana });
    expect(story.next()).toEqual(['perform two']);
  });
});
