import { describe, expect, it } from 'vitest';
import type { Protection } from '../../src/run/index.js';
import { acceptance, plan, uses } from './plans.js';
import { Story } from './story.js';

/** A run that comes back in a minute and loses 48 commits over 11 s, far within its objectives. */
function recovered(protections: readonly (Protection | undefined)[], sabotage = false) {
  const faults = protections.map((_, index) => ({
    ...{ id: `fault-${index}`, inject: 'break', with: {}, sabotage: sabotage && index === 0 },
    after: { phase: 'start', delayMs: 0 },
  }));
  const story = new Story(
    plan([acceptance()], {
      faults,
      objectives: { rtoMs: 3_600_000, rpoMs: 3_600_000 },
      acceptance: { holdMs: 0, checks: plan([]).acceptance?.checks ?? [] },
    }),
  ).begin();
  story.go();
  story.environmentOpened().go();
  story.noObserver().go();
  for (const [index, protection] of protections.entries()) {
    const known = { fault: `fault-${index}`, sabotage: faults[index]?.sabotage === true };
    const data = { ...known, groundTruth: {}, proof: {}, evidence: [] };
    story.tell({ type: 'fault-started', data: { fault: known.fault, describe: 'breaks it' } });
    story.tell({ type: 'fault-injected', data: protection === undefined ? data : { ...data, protection } });
    story.go();
  }
  story.signs(true).go();
  story.later(60_000).probed(true).go();
  story.survivors(48, 11_000).go();
  story.closed().go();
  return story.state.ended;
}

const complete = { reach: 'complete', said: 'every commit' } as const;
const incomplete = { reach: 'incomplete', said: 'NOT every commit; up to 0/4000' } as const;
const unknown = { reach: 'not-known', said: 'the server does not answer' } as const;

describe('a loss within the objective', () => {
  it.each([
    ['while the log was received', [complete], 'met'],
    ['while nothing received the log', [incomplete], 'inconclusive'],
    ['while nobody could tell whether it was received', [unknown], 'inconclusive'],
    ['where nobody measured it, as in older records', [undefined], 'met'],
    [
      'where only the second disaster found it gone: the first may have done that',
      [complete, incomplete],
      'met',
    ],
  ] as const)('%s', (_what, protections, verdict) => {
    expect(recovered(protections)).toMatchObject({ status: 'completed', verdict });
  });

  it('is judged by the disaster, not by the sabotage before it, and says why in one reason', () => {
    const ended = recovered([complete, incomplete], true);
    expect(ended?.verdict).toBe('inconclusive');
    expect(ended?.because).toBe(
      'the log did not reach the second place when the disaster struck, so nothing but the moment bounded the loss (NOT every commit, up to 0/4000)',
    );
  });
});

describe('a newer backup that was not usable', () => {
  /** A run whose search for a backup passes one over, and which loses nothing. */
  function searched(from: string, protection: Protection | undefined, action = 'postgres.usable-backup') {
    const find = uses('find', { call: { uses: action, with: { from } } });
    const story = new Story(
      plan([find, acceptance()], { acceptance: { holdMs: 0, checks: plan([]).acceptance?.checks ?? [] } }),
    ).begin();
    story.go();
    story.environmentOpened().go();
    story.noObserver().go();
    const { id } = story.plan.faults[0]!;
    story.tell({ type: 'fault-started', data: { fault: id, describe: 'breaks it' } });
    const data = { fault: id, sabotage: false, groundTruth: {}, proof: {}, evidence: [] };
    story.tell({ type: 'fault-injected', data: protection === undefined ? data : { ...data, protection } });
    story.go();
    story.signs(true).go();
    story.ran('find', { passedOver: ['set-2: cut off; no end'] }).go();
    story.later(1000).probed(true).go();
    story.survivors(0, 0).go();
    story.closed().go();
    return story.state.ended;
  }

  it.each([
    ['in the own store', 'own', complete, undefined, 'inconclusive'],
    ['outside, where it is passed over by design', 'immutable', complete, undefined, 'met'],
    ['in an older record', 'own', undefined, undefined, 'met'],
    ['passed over by some other action', 'own', complete, 'shell.run', 'met'],
  ] as const)('%s', (_what, from, protection, action, verdict) => {
    expect(searched(from, protection, action)).toMatchObject({ status: 'completed', verdict });
  });

  it('is named as the reason', () => {
    expect(searched('own', complete)?.because).toBe(
      'the newest backup was not usable, and only an older one was left (set-2: cut off, no end)',
    );
  });
});
