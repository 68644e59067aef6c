import { describe, expect, it } from 'vitest';
import {
  acceptance,
  ask,
  call,
  choose,
  instruct,
  parallel,
  phase,
  plan,
  unattended,
  uses,
  waitFor,
} from './plans.js';
import type { Story } from './story.js';
import { ana, ben, broken, pass, red, underWay } from './story.js';

describe('a machine step', () => {
  it('is performed, then the next one is, and nothing is given twice while it runs', () => {
    const story = underWay(plan([uses('one'), uses('two')]));
    expect(story.next()).toEqual(['perform one']);
    expect(story.next()).toEqual(['perform one']);
    expect(story.started('one').next()).toEqual([]);
    expect(story.succeeded('one').next()).toEqual(['perform two']);
  });

  it.each([
    ['once', true],
    ['idempotent', true],
    ['read', false],
  ] as const)('with effect %s asks first whether it is done already: %s', (effect, asks) => {
    const story = underWay(plan([uses('one', { effect, check: call('is.done') }), uses('two')]));
    expect(story.next()).toEqual([asks ? 'check before one' : 'perform one']);
    if (!asks) return;
    story.checked('one', 'before', red);
    expect(story.next()).toEqual(['perform one']);
  });

  it('that is done already is not done again', () => {
    const story = underWay(plan([uses('one', { check: call('is.done') }), uses('two')]));
    story.checked('one', 'before', pass);
    expect(story.next()).toEqual(['perform two']);
    expect(story.all('step-succeeded')).toMatchObject([{ step: 'one', how: 'already-done' }]);
    expect(story.all('step-started')).toEqual([]);
  });

  it('whose check cannot be known before is performed, and that the check did not run is on record', () => {
    const check = call('is.restored', { backup: '${steps.one.backup}' });
    const story = underWay(plan([uses('one', { check, saves: { backup: 'name' } })]));
    expect(story.next()).toEqual(['perform one']);
    expect(story.all('check-evaluated')).toMatchObject([
      {
        purpose: 'before',
        check: { verdict: 'not-run', reason: expect.stringContaining('steps.one.backup') as string },
      },
    ]);
  });

  it('without a value for a name fails as invalid and is not begun', () => {
    const story = underWay(
      plan([uses('one', { call: call('x', { a: '${steps.none.b}' }), onFailure: 'stop' })]),
    );
    expect(story.next()).toEqual(['close-environment']);
    expect(story.all('step-failed')).toMatchObject([{ failure: { reason: 'invalid' }, willRetry: false }]);
    expect(story.all('step-started')).toEqual([]);
  });

  it('backs off and tries again as often as the plan says', () => {
    const story = underWay(plan([uses('one', { retry: { attempts: 3, backoffMs: 5000 } })]));
    story.started('one').failed('one', 1, true);
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 5000 }]);
    story.later(5000);
    expect(story.go()).toMatchObject([{ do: 'perform', attempt: 2 }]);
    story.started('one', 2).failed('one', 2);
    expect(story.next()).toEqual([]);
    expect(story.asked()?.kind).toBe('failure');
  });

  it.each([
    ['continue', 'two', undefined],
    ['stop', null, 'failure'],
  ] as const)('that fails with onFailure %s: next %s', (onFailure, next, how) => {
    const story = underWay(plan([uses('one', { onFailure, because: 'not needed' }), uses('two')]));
    story.started('one').failed('one');
    expect(story.next()).toEqual([next === null ? 'close-environment' : `perform ${next}`]);
    expect(story.state.stop?.how).toBe(how);
    expect(story.all('step-given-up')).toMatchObject([{ step: 'one', goesOn: next !== null }]);
  });
});

describe('four eyes', () => {
  const approve = { by: ['boss'], not: 'executor', breakGlass: 'lead' } as const;
  const asked = (said = {}) => {
    const story = underWay(plan([uses('one', { role: 'lead', approve, ...said })]));
    expect(story.next()).toEqual([]);
    expect(story.asked()).toMatchObject({ kind: 'approve', role: 'boss' });
    return story;
  };

  it('are asked before the step, and their yes lets it run', () => {
    const story = asked();
    expect(story.answer({ approve: true }, undefined, ben)).toBeNull();
    expect(story.next()).toEqual(['perform one']);
  });

  it.each([
    ['somebody without the role', { approve: true }, ana, 'lead'],
    [
      'somebody who says to be another',
      { approve: true },
      { kind: 'person', name: 'Ana', role: 'boss' },
      'Ben',
    ],
    ['nobody in particular', { approve: true }, { kind: 'person', name: 'Ben' }, 'nobody'],
    ['the engine', { approve: true }, { kind: 'engine' }, 'engine'],
    ['something that is no answer', { approve: 'yes' }, ben, 'neither'],
    ['an alone without the role', { breakGlass: true }, ben, 'boss'],
  ] as const)('are not given by %s', (_what, answer, by, why) => {
    const story = asked();
    expect(story.answer(answer, 'because', by)?.why).toContain(why);
    expect(story.next()).toEqual([]);
  });

  it('are not those of who carries the step out, even in another role', () => {
    const story = asked({ role: 'boss' });
    expect(story.answer({ approve: true }, undefined, ben)?.why).toContain('may not approve');
    const both = underWay(
      plan([uses('one', { role: 'lead', approve })], {
        people: { lead: { name: 'Ben' }, boss: { name: 'Ben' } },
      }),
    );
    both.go();
    expect(both.answer({ approve: true }, undefined, ben)?.why).toContain('may not approve');
  });

  it('can be passed by with a reason, which is a deviation before anything is done', () => {
    const story = asked();
    expect(story.answer({ breakGlass: true }, '  ', ana)?.why).toContain('reason');
    expect(story.answer({ breakGlass: true }, 'the boss is on a plane', ana)).toBeNull();
    expect(story.decide()).toMatchObject([
      { do: 'append', event: { type: 'deviation-recorded' }, actor: ana },
    ]);
    expect(story.next()).toEqual(['perform one']);
    expect(story.state.deviations).toEqual([
      { kind: 'break-glass', step: 'one', reason: 'the boss is on a plane' },
    ]);
  });

  it('that say no fail the step; tried again they are asked again', () => {
    const story = asked();
    expect(story.answer({ approve: false }, undefined, ben)?.why).toContain('reason');
    story.answer({ approve: false }, 'wrong backup', ben);
    story.go();
    expect(story.all('step-failed')).toMatchObject([{ failure: { reason: 'refused' } }]);
    expect(story.asked()?.kind).toBe('failure');
    story.answer({ option: 'retry' });
    story.go();
    expect(story.asked()?.kind).toBe('approve');
    story.answer({ approve: true }, undefined, ben);
    expect(story.next()).toEqual(['perform one']);
  });
});

describe('a step that destroys', () => {
  it('waits until the name of the environment was typed, after the approval', () => {
    const story = underWay(plan([uses('one', { destroys: true, approve: { by: ['boss'] } })]));
    story.go();
    expect(story.asked()?.kind).toBe('approve');
    story.answer({ approve: true }, undefined, ben);
    expect(story.next()).toEqual([]);
    expect(story.asked()).toMatchObject({ kind: 'confirm', options: ['the-lab'] });
    expect(story.answer({ typed: 'the-lap' })?.hint).toContain('the-lab');
    expect(story.answer({ typed: 'the-lab' })).toBeNull();
    expect(story.next()).toEqual(['perform one']);
  });

  it('is not run when the confirmation is cancelled', () => {
    const story = underWay(plan([uses('one', { destroys: true, onFailure: 'stop' })]));
    story.go();
    story.answer({ cancel: true }, 'wrong window');
    expect(story.next()).toEqual(['close-environment']);
  });

  it('asks nobody in an unattended drill in a lab, and always in every other place', () => {
    const steps = [uses('one', { destroys: true })];
    expect(underWay(unattended(steps)).next()).toEqual(['perform one']);
    const declared = { environment: { name: 'prod', kind: 'declared', settings: {} }, faults: [] } as const;
    expect(underWay(unattended(steps, { steps: { one: { typed: 'prod' } } }, declared)).next()).toEqual([]);
    const live = underWay(plan(steps, { mode: 'live', unattended: true, faults: [] }));
    expect(live.next()).toEqual([]);
    expect(live.asked()?.kind).toBe('confirm');
  });
});

describe('a failure', () => {
  const failed = (said = {}) => {
    const story = underWay(plan([uses('one', { check: call('is.done'), ...said }), uses('two')]));
    story.checked('one', 'before', red).started('one').failed('one');
    expect(story.next()).toEqual([]);
    expect(story.asked()).toMatchObject({ kind: 'failure', options: ['retry', 'by-hand', 'skip', 'abort'] });
    return story;
  };

  it('waits for a person for ever', () => {
    expect(
      failed()
        .later(365 * 86_400_000)
        .next(),
    ).toEqual([]);
  });

  it('retried by a person asks the check first, and counts as manual help', () => {
    const story = failed();
    story.answer({ option: 'retry' });
    expect(story.next()).toEqual(['check before one']);
    story.checked('one', 'before', red, 2);
    expect(story.go()).toMatchObject([{ do: 'perform', attempt: 2 }]);
    story.started('one', 2).succeeded('one', 2).go();
    expect(story.state.steps['one']).toMatchObject({ status: 'succeeded', manualHelp: true, failure: null });
  });

  it('done by hand is believed only when the check says so', () => {
    const story = failed();
    story.answer({ option: 'by-hand' }, 'restored it myself');
    expect(story.next()).toEqual(['check claim one']);
    story.checked('one', 'claim', red);
    expect(story.next()).toEqual([]);
    expect(story.asked()?.text).toContain('still broken');
    story.answer({ option: 'by-hand' }, 'now really');
    expect(story.next()).toEqual(['check claim one']);
    story.checked('one', 'claim', pass);
    expect(story.next()).toEqual(['perform two']);
    expect(story.all('step-succeeded').at(-1)).toMatchObject({ how: 'by-hand' });
    expect(story.state.deviations).toEqual([{ kind: 'by-hand', step: 'one', reason: 'now really' }]);
  });

  it('skipped needs a reason and is a deviation', () => {
    const story = failed();
    expect(story.answer({ option: 'skip' })?.why).toContain('reason');
    story.answer({ option: 'skip' }, 'does not matter today');
    expect(story.next()).toEqual(['perform two']);
    expect(story.state.deviations).toEqual([{ kind: 'skip', step: 'one', reason: 'does not matter today' }]);
    expect(story.statuses()['one']).toBe('skipped');
  });

  it('aborted ends the run as failed', () => {
    const story = failed();
    story.answer({ option: 'abort' }, 'enough');
    expect(story.next()).toEqual(['close-environment']);
    expect(story.closed().next()).toEqual(['finished']);
    expect(story.state.ended?.status).toBe('failed');
  });

  it('in an unattended drill takes the declared answer once, then stops', () => {
    const story = underWay(unattended([uses('one')], { steps: {}, onFailure: 'retry' }));
    story.started('one').failed('one');
    expect(story.go()).toMatchObject([{ do: 'perform', attempt: 2 }]);
    expect(story.state.steps['one']?.manualHelp).toBe(false);
    story.started('one', 2).failed('one', 2);
    expect(story.next()).toEqual(['close-environment']);
  });

  it('in an unattended drill without a declared answer stops', () => {
    const story = underWay(unattended([uses('one')]));
    story.started('one').failed('one');
    expect(story.next()).toEqual(['close-environment']);
    expect(story.all('prompt-opened')).toEqual([]);
  });
});

describe('a form', () => {
  it('takes complete answers of the right kind only, and loses nothing by a wrong one', () => {
    const fields = {
      severity: { kind: 'choice', prompt: '', options: ['P0', 'P1'] },
      users: { kind: 'text', prompt: '', maxLength: 5 },
      count: { kind: 'number', prompt: '', min: 1, max: 9 },
      since: { kind: 'time', prompt: '' },
      told: { kind: 'confirm', prompt: '' },
    } as const;
    const story = underWay(
      plan([
        ask('form', { fields, marks: 'declared', saves: { who: 'users' } }),
        uses('two', { call: call('x', { a: '${answers.form.severity} ${steps.form.who}' }) }),
      ]),
    );
    story.go();
    const good = { severity: 'P0', users: 'all', count: 3, since: '2027-01-17T01:00:00Z', told: false };
    const wrong = [
      [{ ...good, severity: 'P9' }, 'severity'],
      [{ ...good, users: 'everybody' }, 'characters'],
      [{ ...good, users: '  ' }, 'users'],
      [{ ...good, count: 0 }, 'below 1'],
      [{ ...good, count: '3' }, 'count'],
      [{ ...good, since: 'just now' }, 'since'],
      [{ ...good, told: 'yes' }, 'told'],
      [{ ...good, sevrity: 'P0' }, 'sevrity'],
      [{ severity: 'P0' }, 'not filled in'],
    ] as const;
    for (const [answer, why] of wrong) expect(story.answer(answer)?.why).toContain(why);
    expect(story.answer(good)).toBeNull();
    expect(story.next()).toEqual(['perform two']);
    expect(story.state.steps['form']).toMatchObject({ how: 'answered', saved: { who: 'all' } });
    expect(story.state.marks.declared).toMatchObject({ by: 'person' });
  });

  it('that nobody answers is overdue once and waits on', () => {
    const story = underWay(plan([ask('form', { timeoutMs: 60_000, onTimeout: 'escalate' })]));
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 60_000 }]);
    story.later(60_000);
    expect(story.next()).toEqual([]);
    expect(story.all('prompt-overdue')).toMatchObject([{ action: 'escalate' }]);
    expect(story.later(86_400_000).next()).toEqual([]);
    expect(story.answer({ severity: 'P0' })).toBeNull();
    expect(story.next()).toEqual(['close-environment']);
  });

  it('whose time is up fails, where the runbook says so', () => {
    const story = underWay(plan([ask('form', { timeoutMs: 60_000, onTimeout: 'fail', onFailure: 'stop' })]));
    const prompt = (story.go(), story.asked()?.id ?? '');
    story.later(60_000).go();
    expect(story.all('step-failed')).toMatchObject([{ failure: { reason: 'timeout' } }]);
    const late = story.submit({ kind: 'answer', prompt, answer: { severity: 'P0' }, by: ana });
    expect(late?.why).toContain('withdrawn');
  });

  it('that somebody absent should answer waits in vain, is overdue, and never turns into a yes', () => {
    const approve = { by: ['boss'] } as const;
    const declared = { steps: { one: { approve: true } }, absent: { one: 10_000 } };
    const story = underWay(unattended([uses('one', { approve }), uses('two')], declared));
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 10_000 }]);
    expect(story.later(9999).next()).toEqual(['wake']);
    story.later(1).go();
    expect(story.all('prompt-overdue')).toMatchObject([{ action: 'remind' }]);
    expect(story.all('prompt-answered')).toEqual([]);
    expect(story.all('step-started')).toEqual([]);
    expect(story.all('step-failed')).toMatchObject([{ failure: { reason: 'refused' } }]);
    expect(story.all('step-failed')[0]?.failure.message).toContain('nobody answered within 10.0s');
  });

  it('is answered as declared in an unattended drill, marked scripted', () => {
    const story = underWay(
      unattended([ask('form', { marks: 'declared' }), uses('two')], { steps: { form: { severity: 'P1' } } }),
    );
    expect(story.next()).toEqual(['perform two']);
    expect(story.entries.find((entry) => entry.type === 'prompt-answered')?.actor.kind).toBe('scripted');
    expect(story.state.marks.declared?.by).toBe('scripted');
  });

  it.each([
    ['no declared answer', {}],
    ['a declared answer that is not valid', { form: { severity: 'P7' } }],
  ])('fails an unattended drill with %s', (_what, steps) => {
    const story = underWay(unattended([ask('form'), uses('two')], { steps }));
    expect(story.next()).toEqual(['close-environment']);
    expect(story.state.stop).toMatchObject({
      how: 'failure',
      reason: expect.stringContaining('declared answer') as string,
    });
    expect(story.statuses()).toEqual({ form: 'skipped', two: 'skipped' });
  });
});

describe('a choice', () => {
  const ways = { small: [uses('patch')], big: [uses('restore'), choose('deep', { x: [uses('x1')], y: [] })] };

  it('suggests what the run knows, and only an option there is', () => {
    const suggest = '${steps.look.best}';
    for (const [best, suggested] of [
      ['big', 'big'],
      ['huge', null],
    ] as const) {
      const story = underWay(
        plan([uses('look'), choose('way', ways, { suggest, prompt: 'Best: ${steps.look.best}' })]),
      );
      story.ran('look', {}, { best }).go();
      expect(story.asked()).toMatchObject({
        suggest: suggested,
        text: `Best: ${best}`,
        options: ['small', 'big'],
      });
    }
  });

  it('runs the chosen block behind it, and puts the others on record as not chosen, nested ones too', () => {
    const story = underWay(plan([choose('way', ways), uses('after')]));
    story.go();
    expect(story.answer({ option: 'none' })?.hint).toContain('small');
    story.answer({ option: 'small' });
    expect(story.next()).toEqual(['perform patch']);
    expect(story.all('step-skipped').map((one) => [one.step, one.cause])).toEqual([
      ['restore', 'not-chosen'],
      ['deep', 'not-chosen'],
      ['x1', 'not-chosen'],
    ]);
    expect(story.ran('patch').next()).toEqual(['perform after']);
    expect(story.state.steps['way']).toMatchObject({ chosen: 'small', status: 'succeeded' });
  });

  it('fails the run when a step of the chosen block does', () => {
    const story = underWay(
      plan([choose('way', { a: [uses('a1', { onFailure: 'stop' }), uses('a2')] }), uses('after')]),
    );
    story.go();
    story.answer({ option: 'a' });
    story.go();
    story.started('a1').failed('a1');
    expect(story.next()).toEqual(['close-environment']);
    expect(story.statuses()).toMatchObject({ a1: 'failed', a2: 'skipped', after: 'skipped' });
  });
});

describe('a task for people', () => {
  it('without a check is a claim', () => {
    const story = underWay(plan([instruct('call'), uses('two')]));
    story.go();
    story.answer({ done: true });
    expect(story.next()).toEqual(['perform two']);
    expect(story.state.steps['call']?.how).toBe('answered');
  });

  it('with a check is believed only when the check says so', () => {
    const story = underWay(plan([instruct('stop', { check: call('is.stopped') }), uses('two')]));
    story.go();
    story.answer({ done: true });
    expect(story.next()).toEqual(['check claim stop']);
    for (const check of [red, { verdict: 'not-run', results: [], reason: 'unreachable' } as const]) {
      story.checked('stop', 'claim', check);
      expect(story.next()).toEqual([]);
      expect(story.asked()?.text).toContain(check.reason);
      story.answer({ done: true });
      expect(story.next()).toEqual(['check claim stop']);
    }
    expect(story.checked('stop', 'claim', pass).next()).toEqual(['perform two']);
  });

  it('that cannot be done says why and fails', () => {
    const story = underWay(plan([instruct('call')]));
    story.go();
    expect(story.answer({ done: false })?.why).toContain('reason');
    expect(story.answer({})?.why).toContain('neither');
    story.answer({ done: false }, 'no phone');
    story.go();
    expect(story.asked()?.kind).toBe('failure');
    expect(story.asked()?.text).toContain('no phone');
  });

  it('declared done three times against its check fails', () => {
    const story = underWay(
      unattended([instruct('stop', { check: call('is.stopped') })], { steps: { stop: { done: true } } }),
    );
    for (let claim = 0; claim < 3; claim += 1) {
      expect(story.next()).toEqual(['check claim stop']);
      story.checked('stop', 'claim', red);
    }
    expect(story.next()).toEqual(['close-environment']);
    expect(story.all('step-failed')).toMatchObject([{ failure: { reason: 'check' } }]);
  });
});

describe('a wait', () => {
  it('for a time wakes when it is over', () => {
    const story = underWay(plan([waitFor('rest', { kind: 'duration', ms: 5000 }), uses('two')]));
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 5000 }]);
    expect(story.later(5000).next()).toEqual(['perform two']);
    expect(story.all('step-succeeded')).toMatchObject([{ step: 'rest', how: 'waited' }]);
  });

  it('for a check looks again at its pace until it passes', () => {
    const until = { kind: 'check', call: call('is.up'), everyMs: 2000 } as const;
    const story = underWay(plan([waitFor('up', until, { timeoutMs: 5000 }), uses('two')]));
    expect(story.next()).toEqual(['check wait up', 'wake']);
    story.checked('up', 'wait', red);
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 2000 }]);
    expect(story.later(2000).next()).toEqual(['check wait up', 'wake']);
    expect(story.checked('up', 'wait', pass).next()).toEqual(['perform two']);
  });

  it('never spins, whatever the plan says', () => {
    const until = { kind: 'check', call: call('is.up'), everyMs: 0 } as const;
    const story = underWay(plan([waitFor('up', until)]));
    story.go();
    story.checked('up', 'wait', red);
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 100 }]);
  });

  it('for a check ends in time, and says what it saw last', () => {
    const until = { kind: 'check', call: call('is.up'), everyMs: 2000 } as const;
    const story = underWay(plan([waitFor('up', until, { timeoutMs: 5000 })]));
    story.go();
    story.later(4500).checked('up', 'wait', red);
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 500 }]);
    story.later(500).go();
    expect(story.all('step-failed')).toMatchObject([
      { failure: { reason: 'timeout', message: expect.stringContaining('still broken') as string } },
    ]);
  });

  it('without a limit ends in an unattended drill with the recovery time objective', () => {
    const until = { kind: 'check', call: call('is.up'), everyMs: 2000 } as const;
    const story = underWay(unattended([waitFor('up', until)]));
    story.go();
    story.later(3_600_000);
    expect(story.next()).toEqual(['close-environment']);
    const patient = underWay(plan([waitFor('up', until)]));
    patient.go();
    expect(patient.later(3_600_000).next()).toEqual(['check wait up']);
  });
});

describe('the acceptance window', () => {
  const verified = (story: Story) => story.state.marks['service-verified'];

  it('is open while every round is green, for the hold, and the service counts as verified from its first round', () => {
    const story = underWay(plan([acceptance(), uses('two')]));
    expect(story.next()).toEqual(['probe-acceptance']);
    story.later(300).probed(true);
    const first = new Date(story.nowMs).toISOString();
    expect(story.go()).toEqual([{ do: 'wake', atMs: story.nowMs + 1000 }]);
    story.later(2000).probed(true).later(2999).probed(true).go();
    expect(verified(story)).toBeUndefined();
    story.later(1).probed(true);
    expect(story.next()).toEqual(['list-survivors']);
    expect(verified(story)).toMatchObject({ pointAt: first, by: 'engine' });
    expect(story.survivors().next()).toEqual(['perform two']);
  });

  it('is closed by a red round', () => {
    const story = underWay(plan([acceptance()]));
    story.go();
    story.probed(true).later(4000).probed(false).later(1000).probed(true);
    const first = new Date(story.nowMs).toISOString();
    story.later(4999).probed(true).go();
    expect(verified(story)).toBeUndefined();
    story.later(1).probed(true).go();
    expect(verified(story)?.pointAt).toBe(first);
  });

  it.each([
    [
      'a check in it did not run',
      [{ id: 'writes', critical: true, check: { verdict: 'not-run', results: [] } }],
    ],
    ['it has no checks', []],
  ] as const)('is not opened by a round that calls itself green where %s', (_what, checks) => {
    const story = underWay(plan([acceptance()]));
    story.go();
    for (let round = 1; round < 9; round += 1) {
      story
        .later(5000)
        .tell({ type: 'acceptance-probed', data: { round, checks, green: true } })
        .go();
    }
    expect(verified(story)).toBeUndefined();
  });

  it('does not span an interruption: nobody looked', () => {
    const story = underWay(plan([acceptance()]));
    story.go();
    story.probed(true).later(4000).take().go();
    story.environmentOpened().noObserver().go();
    story.later(2000).probed(true).go();
    expect(verified(story)).toBeUndefined();
    story.later(5000).probed(true).go();
    expect(verified(story)?.pointAt).toBe(new Date(story.nowMs - 5000).toISOString());
  });

  it('fails without checks, and when it takes too long', () => {
    const none = underWay(
      plan([acceptance('verify', { onFailure: 'stop' })], { acceptance: { holdMs: 0, checks: [] } }),
    );
    expect(none.next()).toEqual(['close-environment']);
    const story = underWay(plan([acceptance('verify', { timeoutMs: 10_000, onFailure: 'stop' })]));
    story.go();
    story.later(9000).probed(false).later(1000);
    expect(story.next()).toEqual(['close-environment']);
    expect(story.all('step-failed')[0]?.failure.message).toContain('content fail');
  });

  it('goes on when the survivors cannot be listed', () => {
    const story = underWay(
      plan([acceptance(), uses('two')], {
        acceptance: { holdMs: 0, checks: [{ id: 'writes', call: call('x'), critical: true, weight: 1 }] },
      }),
    );
    story.go();
    story.probed(true).go();
    story.tell({ type: 'survivors-not-listed', data: { reason: 'no observer' } });
    expect(story.next()).toEqual(['perform two']);
    expect(story.state.loss).toBeNull();
  });
});

describe('a parallel block', () => {
  const block = [uses('a', { onFailure: 'stop' }), uses('b'), ask('c')];

  it('has all its steps under way at once and ends when all have', () => {
    const story = underWay(plan([parallel('both', block), uses('after')]));
    expect(story.next()).toEqual(['perform a', 'perform b']);
    expect(story.asked()?.step).toBe('c');
    story.ran('b').answer({ severity: 'P0' });
    expect(story.next()).toEqual(['perform a']);
    expect(story.ran('a').next()).toEqual(['perform after']);
    expect(story.statuses()['both']).toBe('succeeded');
  });

  it('lets the others end before it fails', () => {
    const story = underWay(plan([parallel('both', block), uses('after')]));
    story.go();
    story.started('a').started('b').failed('a');
    expect(story.next()).toEqual([]);
    story.answer({ severity: 'P0' });
    expect(story.next()).toEqual([]);
    expect(story.state.stop).toBeNull();
    story.succeeded('b');
    expect(story.next()).toEqual(['close-environment']);
    expect(story.statuses()).toMatchObject({ a: 'failed', b: 'succeeded', both: 'failed', after: 'skipped' });
  });

  it('is stopped at once when a person aborts', () => {
    const story = underWay(plan([parallel('both', [uses('a'), uses('b')])]));
    story.go();
    story.started('a').started('b').failed('a').go();
    story.answer({ option: 'abort' }, 'enough');
    expect(story.next()).toEqual([]);
    expect(story.state.stop?.how).toBe('failure');
    story.failed('b');
    expect(story.next()).toEqual(['close-environment']);
  });
});

describe('a condition', () => {
  const when = (condition: Parameters<typeof uses>[1]) => uses('last', condition);
  it.each([
    [{ step: 'one', is: 'succeeded' }, true],
    [{ step: 'one', is: 'failed' }, false],
    [{ step: 'two', is: 'failed' }, true],
    [{ step: 'last', is: 'succeeded' }, false],
    [{ answer: 'form.severity', equals: 'P0' }, true],
    [{ answer: 'form.severity', equals: 'P1' }, false],
    [{ not: { answer: 'nowhere.x', equals: 'P1' } }, true],
    [
      {
        all: [
          { step: 'one', is: 'succeeded' },
          { step: 'two', is: 'succeeded' },
        ],
      },
      false,
    ],
    [
      {
        any: [
          { step: 'one', is: 'failed' },
          { step: 'two', is: 'failed' },
        ],
      },
      true,
    ],
  ] as const)('%j is %s', (condition, met) => {
    const two = uses('two', { onFailure: 'continue', because: 'test' });
    const story = underWay(plan([uses('one'), two, ask('form'), when({ when: condition })]));
    story.ran('one').started('two').failed('two').go();
    story.answer({ severity: 'P0' });
    expect(story.next()).toEqual([met ? 'perform last' : 'close-environment']);
    if (!met) expect(story.all('step-skipped')).toMatchObject([{ step: 'last', cause: 'condition' }]);
  });

  it('that does not hold for a block does not hold for what is in it', () => {
    const never = { when: { step: 'x', is: 'failed' } } as const;
    const story = underWay(
      plan([parallel('both', [uses('a'), choose('b', { c: [uses('d')] })], never), uses('x')]),
    );
    expect(story.next()).toEqual(['perform x']);
    expect(story.all('step-skipped').map((one) => [one.step, one.cause])).toEqual(
      ['both', 'a', 'b', 'd'].map((id) => [id, 'condition']),
    );
  });
});

describe('obligations', () => {
  it('run after a failure, each for itself, and what is not met stays open', () => {
    const always = phase('tidy', [uses('a', { onFailure: 'stop' }), uses('b')], 'always');
    const story = underWay(
      plan([
        phase('work', [uses('one', { onFailure: 'stop' })]),
        always,
        phase('talk', [uses('c')], 'after'),
      ]),
    );
    story.started('one').failed('one');
    expect(story.next()).toEqual(['perform a']);
    story.started('a').failed('a');
    expect(story.next()).toEqual(['perform b']);
    expect(story.ran('b').next()).toEqual(['close-environment']);
    expect(story.closed(['cluster 2']).next()).toEqual(['finished']);
    expect(Object.values(story.state.obligations).map((one) => one.text)).toEqual([
      `Title of a: ${broken.message}`,
      'cluster 2',
    ]);
    expect(story.state.phases).toMatchObject({
      work: { status: 'failed' },
      tidy: { status: 'failed' },
      talk: { status: 'pending' },
    });
    expect(story.statuses()['c']).toBe('skipped');
  });

  it('that fail in a run that went well make it fail', () => {
    const always = phase('tidy', [uses('a', { onFailure: 'stop' })], 'always');
    const story = underWay(plan([phase('work', [uses('one')]), always]));
    story.ran('one').go();
    story.started('a').failed('a').go();
    story.closed().go();
    expect(story.state.ended?.status).toBe('failed');
  });
});
