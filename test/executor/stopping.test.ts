import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/index.js';
import type { ExecutorPorts } from '../../src/executor/index.js';
import type { Plan, UsesStep } from '../../src/language/index.js';
import { readJournal, verifyChain } from '../../src/journal/index.js';
import { readFileSync } from 'node:fs';
import { onStage, until } from './drive.js';
import { call, instruct, paperPlan, parallel, phase, uses, wait } from './paper-plan.js';
import { untilAborted, type PaperAction } from './paper-world.js';

function hanging(more: Partial<UsesStep> = {}): Plan {
  return paperPlan([], {
    answers: { steps: {}, onResume: 'again' },
    phases: [
      phase(
        'respond',
        'response',
        uses('slow', call('paper.hang', { name: 'slow' }), more),
        uses('after', call('paper.mark', { name: 'after' })),
      ),
      phase('end', 'always', uses('tidy', call('paper.mark', { name: 'tidy' }))),
    ],
  });
}

describe('a run that is asked to stop', () => {
  it.each(['person', 'signal'] as const)(
    'by a %s aborts what runs, meets its obligations and is cancelled',
    (how) =>
      onStage(async ({ start, world, entriesOf }) => {
        const handle = await start(hanging());
        await until(handle, () => world.marks('slow') === 1);
        const by = { kind: 'person', name: 'Ana Reyes', role: 'lead' } as const;
        await handle.requestStop('false alarm', how, how === 'person' ? by : undefined);
        await handle.requestStop('false alarm, really', how);
        const state = await handle.done;
        expect(state.ended?.status).toBe('cancelled');
        expect(entriesOf('stop-requested').map((entry) => [entry.data.reason, entry.actor.kind])).toEqual([
          ['false alarm', how === 'person' ? 'person' : 'engine'],
        ]);
        expect(entriesOf('step-failed')[0]?.data).toMatchObject({
          step: 'slow',
          willRetry: false,
          failure: {
            reason: 'cancelled',
            message: 'the run was stopped: false alarm (sleep was ended by SIGTERM)',
          },
        });
        expect([world.marks('after'), world.marks('tidy')]).toEqual([0, 1]);
      }),
  );

  it('does not wait for an environment that is still being made, and makes none any more', () =>
    onStage(async ({ start, world, entriesOf }) => {
      let begin: () => void;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      let opened = 0;
      const open: ExecutorPorts['environment']['open'] = async (_plan, _runId, signal) => {
        opened += 1;
        begin();
        return untilAborted(signal);
      };
      const handle = await start(hanging(), { environment: { open } });
      await begun;
      await handle.requestStop('the wrong drill', 'signal');
      const state = await handle.done;
      expect(state.ended?.status).toBe('cancelled');
      expect(opened).toBe(1);
      expect(entriesOf('stop-requested').map(({ data }) => data.reason)).toEqual(['the wrong drill']);
      expect(entriesOf('environment-opened')).toEqual([]);
      expect(entriesOf('environment-closed')).toHaveLength(1);
      expect(world.marks('tidy')).toBe(0);
    }));

  it('notes why an environment could not be made, when that came as the run was stopped', () =>
    onStage(async ({ start, entriesOf }) => {
      let begin: () => void;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const open: ExecutorPorts['environment']['open'] = async (_plan, _runId, signal) => {
        begin();
        await untilAborted(signal).catch(() => undefined);
        throw new Failure('unavailable', 'the disk is full');
      };
      const handle = await start(hanging(), { environment: { open } });
      await begun;
      await handle.requestStop('the wrong drill', 'signal');
      expect((await handle.done).ended?.status).toBe('cancelled');
      expect(entriesOf('stop-requested').map(({ data }) => data.reason)).toEqual(['the wrong drill']);
      expect(entriesOf('note-taken').map(({ data }) => data.text)).toEqual([
        expect.stringContaining('the disk is full'),
      ]);
    }));

  it('opens it all the same for the obligations of a run that was taken up again', () =>
    onStage(async ({ start, world, entriesOf }) => {
      const first = await start(hanging());
      await until(first, () => world.marks('slow') === 1);
      first.abortNow();
      await first.done;
      let begin: () => void;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      let goOn: () => void;
      const later = new Promise<void>((resolve) => (goOn = resolve));
      const open: ExecutorPorts['environment']['open'] = async (plan, run, signal) => {
        begin();
        await later;
        expect(signal.aborted).toBe(false);
        return world.environment.open(plan, run, signal);
      };
      const handle = await start(hanging(), { environment: { open } });
      await begun;
      await handle.requestStop('enough', 'signal');
      goOn!();
      expect((await handle.done).ended?.status).toBe('cancelled');
      expect(entriesOf('environment-opened')).toHaveLength(2);
      expect(world.marks('tidy')).toBe(1);
    }));

  it('waits until what was aborted has ended before the environment is closed', () => {
    let ended = false;
    let begin: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const slowToDie: PaperAction = async ({ signal }) => {
      begin();
      await untilAborted(signal).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
      ended = true;
      return { outputs: {} };
    };
    return onStage(
      async ({ start, world, entriesOf }) => {
        const plan = paperPlan([uses('s', call('slowToDie'), { check: call('slowToDie') })]);
        const close = () => {
          expect(ended).toBe(true);
          return world.environment.close();
        };
        const handle = await start(plan, { environment: { close } });
        await begun;
        await handle.requestStop('enough', 'person');
        await handle.done;
        expect(entriesOf('environment-closed')[0]?.data.leftovers).toEqual([]);
      },
      { slowToDie },
    );
  });

  it('keeps what succeeded although it was told to stop', () => {
    const stubborn: PaperAction = async ({ signal }) => {
      await untilAborted(signal).catch(() => undefined);
      return { outputs: { ok: true } };
    };
    return onStage(
      async ({ start }) => {
        const handle = await start(paperPlan([uses('s', call('stubborn'))]));
        await until(handle, (state) => state.steps['s']?.status === 'running');
        await handle.requestStop('enough', 'person');
        expect((await handle.done).steps['s']).toMatchObject({ status: 'succeeded', how: 'performed' });
      },
      { stubborn },
    );
  });
});

describe('an engine that is interrupted', () => {
  it('ends at once, leaves the outcome of what ran open, and the run can be taken up again', () =>
    onStage(async ({ start, world, entriesOf, journalFile }) => {
      const plan = hanging({ effect: 'idempotent' });
      const first = await start(plan);
      await until(first, () => world.marks('slow') === 1);
      first.abortNow();
      const left = await first.done;
      expect(left.ended).toBeNull();
      expect(entriesOf('step-failed')).toEqual([]);
      expect(world.marks('tidy')).toBe(0);
      const second = await start(plan);
      await until(second, () => world.marks('slow') === 2);
      expect(entriesOf('session-started').map((entry) => entry.data.resumed)).toEqual([false, true]);
      expect(entriesOf('session-started')[1]?.data.gapMs).toBeGreaterThanOrEqual(0);
      await second.requestStop('enough', 'person');
      const state = await second.done;
      expect(state.ended?.status).toBe('cancelled');
      const reading = readJournal(readFileSync(journalFile));
      expect(verifyChain(reading, { head: state.head, entries: state.seq })).toEqual([]);
    }));

  it('does not do again, unasked, what may be done only once', () =>
    onStage(async ({ start, world, entriesOf }) => {
      const plan = { ...hanging(), answers: { steps: {}, onResume: 'abort' } as const };
      const first = await start(plan);
      await until(first, () => world.marks('slow') === 1);
      first.abortNow();
      await first.done;
      const state = await (await start(plan)).done;
      expect(world.marks('slow')).toBe(1);
      expect(entriesOf('step-outcome-unknown').map((entry) => entry.data.step)).toEqual(['slow']);
      expect(state.ended?.status).not.toBe('completed');
      expect(world.marks('tidy')).toBe(1);
    }));

  it('does not wait for ever for an action that heeds nothing', () =>
    onStage(
      async ({ start }) => {
        const handle = await start(paperPlan([uses('s', call('deaf'))]));
        await until(handle, (state) => state.steps['s']?.status === 'running');
        handle.abortNow();
        expect((await handle.done).ended).toBeNull();
      },
      { deaf: () => new Promise(() => undefined) },
    ));

  it('takes nothing up that has ended', () =>
    onStage(async ({ run, entries }) => {
      const plan = paperPlan([uses('m', call('paper.mark', { name: 'm' }))]);
      await run(plan);
      const before = entries().length;
      expect((await run(plan)).ended?.status).toBe('completed');
      expect(entries()).toHaveLength(before);
    }));
});

describe('a step that is overtaken', () => {
  it('has its poll ended when its own time is up', () =>
    onStage(
      async ({ run, entriesOf }) => {
        const never = wait('w', { kind: 'check', call: call('deaf', {}), everyMs: 1 }, { timeoutMs: 40 });
        const state = await run(paperPlan([never]));
        expect(state.steps['w']).toMatchObject({ status: 'failed' });
        expect(entriesOf('run-ended')[0]?.data.status).toBe('failed');
      },
      { deaf: ({ signal }) => untilAborted(signal) },
    ));

  it('lets its neighbours in a parallel block come to their own end', () =>
    onStage(async ({ run, world }) => {
      const plan = paperPlan([
        parallel(
          'both',
          uses('bad', call('paper.fail', { name: 'bad', times: 9 })),
          uses('good', call('paper.mark', { name: 'good' })),
        ),
      ]);
      const state = await run(plan);
      expect(world.marks('good')).toBe(1);
      expect(state.ended?.status).toBe('failed');
    }));
});

describe('an attended run', () => {
  it('waits for a person and takes exactly one of two answers', () =>
    onStage(async ({ start, entriesOf }) => {
      const plan = paperPlan([instruct('call')], { unattended: false });
      const handle = await start(plan);
      const open = await until(handle, (state) => Object.values(state.prompts).some((one) => !one.closed));
      const prompt = Object.keys(open.prompts)[0]!;
      const by = (name: string) => ({ kind: 'person', name, role: 'lead' }) as const;
      const answer = (name: string) =>
        handle.feed.submit({ kind: 'answer', prompt, answer: { done: true }, by: by(name) });
      const replies = await Promise.all([answer('Ana Reyes'), answer('Ben Cruz')]);
      expect(replies.map((reply) => reply.accepted)).toEqual([true, false]);
      const state = await handle.done;
      expect(state.steps['call']).toMatchObject({ status: 'succeeded', how: 'answered' });
      expect(entriesOf('prompt-answered')).toHaveLength(1);
      const late = await answer('Ana Reyes');
      expect(late).toEqual({ accepted: false, why: 'the run is over' });
    }));
});
