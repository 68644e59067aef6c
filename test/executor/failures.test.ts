import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/index.js';
import type { Journal } from '../../src/journal/index.js';
import { onStage, rejectionOf, until } from './drive.js';
import { call, paperPlan, phase, uses, wholePlan } from './paper-plan.js';
import type { Plan, Step } from '../../src/language/index.js';

/** The step, one after it that must not run, and an obligation that must. */
function withObligation(...steps: readonly Step[]): Plan {
  const after = uses('after', call('paper.mark', { name: 'after' }));
  const tidy = uses('tidy', call('paper.mark', { name: 'tidy' }));
  return paperPlan([], {
    phases: [phase('respond', 'response', ...steps, after), phase('end', 'always', tidy)],
  });
}

describe('an action that fails', () => {
  it('is tried again as often as allowed, then the run stops and its obligations are met', () =>
    onStage(async ({ run, world, entriesOf }) => {
      const flaky = uses('flaky', call('paper.fail', { name: 'flaky', times: 9 }), {
        retry: { attempts: 3, backoffMs: 2 },
      });
      const state = await run(withObligation(flaky));
      expect(world.marks('flaky')).toBe(3);
      expect(entriesOf('step-failed').map(({ data }) => [data.attempt, data.willRetry])).toEqual([
        [1, true],
        [2, true],
        [3, false],
      ]);
      expect(state.ended?.status).toBe('failed');
      expect([world.marks('after'), world.marks('tidy')]).toEqual([0, 1]);
    }));

  it('does not fail the step that goes on without it', () =>
    onStage(async ({ run, world }) => {
      const state = await run(
        withObligation(uses('f', call('paper.fail', { name: 'f', times: 9 }), { onFailure: 'continue' })),
      );
      expect(state.steps['f']).toMatchObject({ status: 'failed', goesOn: true });
      expect(state.ended?.status).toBe('completed');
      expect(world.marks('after')).toBe(1);
    }));

  it('is ended when its time is up', () =>
    onStage(async ({ run, entriesOf }) => {
      const state = await run(
        withObligation(uses('slow', call('paper.hang', { name: 'slow' }), { timeoutMs: 20 })),
      );
      expect(entriesOf('step-failed')[0]?.data.failure).toMatchObject({
        reason: 'timeout',
        message: 'no result within 20ms (sleep was ended by SIGTERM)',
      });
      expect(state.ended?.status).toBe('failed');
    }));

  it('fails when its own check does not pass, with what was found', () =>
    onStage(async ({ run, entriesOf }) => {
      const check = call('paper.look', { name: 'put' }, { text: { equals: 'right' } });
      await run(withObligation(uses('put', call('paper.put', { name: 'put', text: 'wrong' }), { check })));
      expect(entriesOf('check-evaluated').at(-1)?.data).toMatchObject({
        purpose: 'after',
        check: { verdict: 'fail' },
      });
      expect(entriesOf('step-failed')[0]?.data.failure).toMatchObject({
        reason: 'check',
        message: 'the check after it failed: text is "wrong", expected {"equals":"right"}',
      });
    }));

  it('fails when its check could not be run: not run is not passed', () =>
    onStage(async ({ run, entriesOf }) => {
      const check = call('paper.fail', { name: 'check', times: 9 });
      await run(withObligation(uses('put', call('paper.put', { name: 'p', text: 'x' }), { check })));
      expect(entriesOf('check-evaluated').map(({ data }) => data.check.verdict)).toEqual([
        'not-run',
        'not-run',
      ]);
      expect(entriesOf('step-failed')[0]?.data.failure.message).toBe(
        'the check after it could not be run: failure 2',
      );
    }));

  it('does not pass a check that expects nothing', () =>
    onStage(async ({ run, entriesOf }) => {
      const check = call('paper.look', { name: 'p' }, {});
      await run(withObligation(uses('put', call('paper.put', { name: 'p', text: 'x' }), { check })));
      expect(entriesOf('check-evaluated').at(-1)?.data.check.verdict).toBe('not-run');
    }));

  it('may have its check refer to what the step itself has just saved', () =>
    onStage(
      async ({ run, entriesOf }) => {
        const check = call('paper.look', { name: '${steps.m.file}' }, { times: { equals: 1 } });
        const name: Step = uses('m', call('named', {}), { check, saves: { file: 'name' } });
        const state = await run(withObligation(name));
        expect(entriesOf('check-evaluated').map(({ data }) => [data.purpose, data.check.verdict])).toEqual([
          ['before', 'not-run'],
          ['after', 'pass'],
        ]);
        expect(state.steps['m']).toMatchObject({ status: 'succeeded', saved: { file: 'fresh' } });
      },
      {
        named: (_request, { path }) => {
          writeFileSync(path('marks/fresh'), 'x\n');
          return { outputs: { name: 'fresh' } };
        },
      },
    ));

  it('never starts with a name that is not known', () =>
    onStage(async ({ run, entriesOf, world }) => {
      await run(withObligation(uses('m', call('paper.mark', { name: '${steps.nowhere.file}' }))));
      expect(entriesOf('step-failed')[0]?.data.failure).toMatchObject({ reason: 'invalid' });
      expect(world.marked()).toEqual(['tidy']);
    }));
});

describe('a bug', () => {
  it('in an action stops the run, lets obligations be met, and comes out at the end', () =>
    onStage(async ({ start, world, entriesOf }) => {
      const plan = withObligation(
        uses('bug', call('paper.bug', { name: 'bug' }), { retry: { attempts: 3, backoffMs: 0 } }),
      );
      const handle = await start(plan);
      const error = await rejectionOf(handle.done);
      expect(error).toBeInstanceOf(TypeError);
      expect(world.marks('bug')).toBe(1);
      expect(entriesOf('step-failed').map(({ data }) => data)).toMatchObject([
        { step: 'bug', willRetry: false, failure: { reason: 'unknown-outcome' } },
      ]);
      expect(entriesOf('stop-requested')[0]?.data.reason).toContain('undefined is not a recovery');
      expect([world.marks('after'), world.marks('tidy')]).toEqual([0, 1]);
      expect(entriesOf('run-ended')[0]?.data.status).toBe('failed');
    }));

  it.each(['open', 'observe', 'inject', 'close'] as const)('in the environment (%s) comes out too', (name) =>
    onStage(async ({ start, entriesOf }) => {
      const broken = () => {
        throw new RangeError(`bug in ${name}`);
      };
      const handle = await start(wholePlan(), { environment: { [name]: broken } });
      expect(await rejectionOf(handle.done)).toBeInstanceOf(RangeError);
      expect(entriesOf('run-ended')).toHaveLength(1);
    }),
  );
});

describe('an environment', () => {
  it('that cannot be opened fails the run with what to do about it', () =>
    onStage(async ({ run, entriesOf, world }) => {
      const open = () =>
        Promise.reject(new Failure('unavailable', 'no initdb found', { hint: 'Type `firedrill doctor`.' }));
      const state = await run(withObligation(), { environment: { open } });
      expect(state.ended?.status).toBe('failed');
      expect(entriesOf('stop-requested')[0]?.data.reason).toBe(
        'environment paper-lab cannot be opened: no initdb found (Type `firedrill doctor`.)',
      );
      expect(world.marked()).toEqual([]);
    }));

  it('that cannot be closed leaves an obligation behind', () =>
    onStage(async ({ run, entriesOf }) => {
      const close = () => Promise.reject(new Failure('unavailable', 'the cluster does not stop'));
      await run(withObligation(), { environment: { close } });
      expect(entriesOf('obligation-opened')[0]?.data.text).toContain('the cluster does not stop');
    }));

  it('without an observer says so, and lists no survivors', () =>
    onStage(async ({ run, entriesOf }) => {
      const state = await run(wholePlan(), { environment: { observe: () => Promise.resolve(null) } });
      expect(entriesOf('note-taken').map(({ data }) => data.text)).toContain(
        'no observer: the environment has none',
      );
      expect(entriesOf('survivors-listed')).toEqual([]);
      expect(state.ended?.verdict).toBe('inconclusive');
    }));

  it('whose fault cannot be injected fails the run', () =>
    onStage(async ({ run, entriesOf }) => {
      const inject = () => Promise.reject(new Failure('refused', 'this is no lab of ours'));
      const state = await run(wholePlan(), { environment: { inject } });
      expect(entriesOf('fault-failed')[0]?.data.failure.message).toBe('this is no lab of ours');
      expect(state.ended?.status).toBe('failed');
    }));
});

describe('a journal that cannot be written any more', () => {
  it('ends the run at once: what runs is aborted, nothing more is shown or done', () =>
    onStage(async ({ start, world, entries }) => {
      const full = new Failure('unavailable', 'journal cannot be written: ENOSPC');
      let refuse = false;
      const wrap = (journal: Journal): Journal => ({
        entries: journal.entries,
        get head() {
          return journal.head;
        },
        append: (event, actor) => (refuse ? Promise.reject(full) : journal.append(event, actor)),
        close: () => journal.close(),
      });
      const plan = withObligation(uses('slow', call('paper.hang', { name: 'slow' })));
      const handle = await start(plan, { wrap });
      await until(handle, (state) => state.steps['slow']?.status === 'running' && world.marks('slow') === 1);
      refuse = true;
      const before = entries().length;
      const heard: unknown[] = [];
      handle.feed.subscribe((change) => heard.push(change));
      const reply = handle.feed.submit({ kind: 'note', text: 'hm', by: { kind: 'person', name: 'Ana' } });
      expect(await reply).toEqual({ accepted: false, why: full.message });
      expect(await rejectionOf(handle.done)).toBe(full);
      expect(heard).toEqual([]);
      expect(entries()).toHaveLength(before);
      expect([world.marks('after'), world.marks('tidy')]).toEqual([0, 0]);
      refuse = false;
      const resumed = await (await start(plan)).done;
      expect(resumed.sessions).toBe(2);
    }));
});
