import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readJournal, verifyChain } from '../../src/journal/index.js';
import { onStage } from './drive.js';
import { call, paperPlan, parallel, uses, wholePlan } from './paper-plan.js';
import type { PaperAction } from './paper-world.js';

describe('a run of every form of step', () => {
  it('goes from the fault to the verified service and records a chain that verifies', () =>
    onStage(async ({ run, journalFile, world, entriesOf }) => {
      const state = await run(wholePlan());
      expect(state.ended).toMatchObject({ status: 'completed', verdict: 'met' });
      const reading = readJournal(readFileSync(journalFile));
      expect(verifyChain(reading, { head: state.head, entries: state.seq })).toEqual([]);
      expect(Object.keys(state.marks).sort()).toEqual([
        'declared',
        'detected',
        'disruption',
        'recovery-started',
        'service-verified',
      ]);
      const once = ['prepare', 'rebuild', 'first', 'left', 'right', 'tidy'].map((name) => `${name}-once`);
      expect(once.map((name) => world.marks(name))).toEqual(once.map(() => 1));
      expect(world.marks('fault-break')).toBe(1);
      expect(world.marks('flaky')).toBe(2);
      expect(world.read('note')).toBe('hello tables');
      expect(state.steps['never-chosen']).toMatchObject({ status: 'skipped' });
      expect(state.steps['flaky']).toMatchObject({ status: 'succeeded', attempt: 2 });
      expect(state.steps['read']).toMatchObject({ saved: { found: 'broken' } });
      expect(entriesOf('step-failed').map((entry) => entry.data)).toMatchObject([
        { step: 'flaky', attempt: 1, willRetry: true, failure: { reason: 'unavailable' } },
      ]);
      expect(entriesOf('environment-closed')).toHaveLength(1);
      expect(entriesOf('ledger-anchored').length).toBeGreaterThan(0);
    }));

  it('says who the sentinel, the script and the engine were', () =>
    onStage(async ({ run, entriesOf }) => {
      await run(wholePlan());
      expect(entriesOf('observed').map((entry) => [entry.actor.kind, entry.data.state])).toEqual([
        ['sentinel', 'failing'],
        ['sentinel', 'ok'],
      ]);
      expect(new Set(entriesOf('prompt-answered').map((entry) => entry.actor.kind))).toEqual(
        new Set(['scripted']),
      );
      const [disruption] = entriesOf('clock-marked').filter((entry) => entry.data.point === 'disruption');
      const [fault] = entriesOf('fault-injected');
      expect(disruption?.data.at).toBe(fault?.data.groundTruth['at']);
    }));

  it('records a message with its text and the code of the journal that it carried', () =>
    onStage(async ({ run, entriesOf, entries, world }) => {
      await run(wholePlan());
      const [sent] = entriesOf('message-sent');
      expect(sent?.data).toMatchObject({ step: 'tell', to: 'everyone', channel: 'paper' });
      expect(sent?.data.subject).toBe(sent?.data.head.slice(0, 12));
      expect(entries().some((entry) => entry.prev === sent?.data.head)).toBe(true);
      expect(world.read(sent!.data.evidence[0]!.file)).toBe('restored');
    }));
});

describe('durability', () => {
  it('begins no effect before its intent is on disk', () =>
    onStage(
      async ({ run, entriesOf }) => {
        const plan = paperPlan([
          uses('a', call('spy', { step: 'a' })),
          uses('b', call('spy', { step: 'b' })),
        ]);
        const state = await run(plan);
        expect(state.ended?.status).toBe('completed');
        expect(entriesOf('step-succeeded').map((entry) => entry.data.outputs)).toEqual([
          { onDisk: true },
          { onDisk: true },
        ]);
      },
      { spy: spyOnJournal },
    ));

  it('publishes nothing before it is on disk', () =>
    onStage(async ({ start, entries, journalFile }) => {
      const handle = await start(wholePlan());
      const early: number[] = [];
      let heard = 0;
      handle.feed.subscribe(({ entry }) => {
        if (entry === null) return;
        heard += 1;
        if (!readFileSync(journalFile, 'utf8').includes(`{"v":1,"seq":${entry.seq},`)) early.push(entry.seq);
        if (handle.feed.state().seq !== entry.seq) early.push(-entry.seq);
      });
      await handle.done;
      expect(early).toEqual([]);
      expect(heard).toBe(entries().length);
    }));
});

const spyOnJournal: PaperAction = ({ args }, { read }) => {
  const lines = readJournal(read('journal.jsonl') ?? '').entries;
  const onDisk = lines.some((entry) => entry.type === 'step-started' && entry.data.step === args['step']);
  return { outputs: { onDisk } };
};

describe('parallel steps', () => {
  it('run at the same time', () => {
    const waiting: (() => void)[] = [];
    const meet: PaperAction = () =>
      new Promise((resolve) => {
        waiting.push(() => resolve({ outputs: {} }));
        if (waiting.length === 3) for (const go of waiting) go();
      });
    return onStage(
      async ({ run }) => {
        const steps = ['a', 'b', 'c'].map((id) => uses(id, call('meet'), { timeoutMs: 20_000 }));
        expect((await run(paperPlan([parallel('all', ...steps)]))).ended?.status).toBe('completed');
      },
      { meet },
    );
  });
});
