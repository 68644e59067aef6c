import { describe, expect, it } from 'vitest';
import { onStage, until } from './drive.js';
import { call, paperPlan, uses, wholePlan } from './paper-plan.js';
import { untilAborted, type PaperAction } from './paper-world.js';

describe('views', () => {
  it('cannot hurt the run, however they break', () =>
    onStage(async ({ start }) => {
      const handle = await start(wholePlan());
      handle.feed.subscribe(() => {
        throw new Error('the screen is broken');
      });
      // An asynchronous listener passes for one that returns nothing.
      const later: unknown = () => Promise.reject(new Error('this one breaks later'));
      handle.feed.subscribe(later as () => void);
      expect((await handle.done).ended).toMatchObject({ status: 'completed', verdict: 'met' });
    }));

  it('hear every entry once and in order until they leave', () =>
    onStage(async ({ start, entries }) => {
      const handle = await start(wholePlan());
      const [all, some]: [number[], number[]] = [[], []];
      handle.feed.subscribe(({ entry }) => {
        if (entry) all.push(entry.seq);
      });
      const leave = handle.feed.subscribe(({ entry }) => {
        if (entry) some.push(entry.seq);
        if (some.length === 5) leave();
      });
      await handle.done;
      expect(all).toEqual(entries().map((entry) => entry.seq));
      expect(some).toEqual(all.slice(0, 5));
      expect(handle.feed.entries()).toEqual(entries());
    }));

  it('see what the sentinel counts, and null where there is none', () =>
    onStage(async ({ start }) => {
      const handle = await start(wholePlan());
      expect(handle.feed.observer()).toBeNull();
      await until(handle, (state) => state.environment.observer !== null);
      expect(handle.feed.observer()).toEqual({ acknowledged: 10, failingForMs: null, lastWriteAgoMs: 1 });
      await handle.done;
    }));

  it('see the seal that comes after the end', () =>
    onStage(async ({ start }) => {
      const handle = await start(paperPlan([]));
      const state = await handle.done;
      const data = { entries: state.seq, evidenceSha256: '0'.repeat(64), ledger: null };
      await handle.seal({ type: 'run-sealed', data });
      expect(handle.feed.state().status).toBe('sealed');
    }));
});

describe('output', () => {
  it('is kept in full as evidence and shown as a tail', () =>
    onStage(async ({ start, world, entriesOf }) => {
      const text = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('');
      const handle = await start(paperPlan([uses('print', call('paper.print', { text }))]));
      await handle.done;
      expect(handle.feed.outputTail('print', 2)).toEqual(['line 998', 'line 999']);
      expect(handle.feed.outputTail('print', 0)).toEqual([]);
      expect(handle.feed.outputTail('other', 2)).toEqual([]);
      const [success] = entriesOf('step-succeeded');
      expect(success?.data.evidence).toMatchObject([
        { title: 'output of print, attempt 1', bytes: text.length },
      ]);
      expect(world.read(success!.data.evidence[0]!.file)).toBe(text);
    }));

  it('stays where it is when the check after it prints nothing', () =>
    onStage(async ({ start }) => {
      const check = call('paper.nothing', {}, { ok: { not: true } });
      const print = uses('print', call('paper.print', { text: 'done\n' }), { check, effect: 'read' });
      const handle = await start(paperPlan([print]));
      await handle.done;
      expect(handle.feed.outputTail('print', 5)).toEqual(['done']);
    }));

  it('wakes views at most ten times a second, however much comes', () => {
    const flood: PaperAction = async ({ output, signal }) => {
      const timer = setInterval(() => output('x\n'), 1);
      await untilAborted(signal).catch(() => undefined);
      clearInterval(timer);
      return { outputs: {} };
    };
    return onStage(
      async ({ start }) => {
        const handle = await start(paperPlan([uses('flood', call('flood'))]));
        const times: number[] = [];
        await new Promise<void>((resolve) => {
          handle.feed.subscribe(({ entry }) => {
            if (entry !== null) return;
            // The once-a-second look at the sentinel's figures does not count: it comes from no output.
            times.push(performance.now());
            if (times.length === 8) resolve();
          });
        });
        expect(times.at(-1)! - times[0]!).toBeGreaterThan(500);
        expect(handle.feed.outputTail('flood', 1)).toEqual(['x']);
      },
      { flood },
    );
  });

  it('of an aborted action that goes on printing is ignored once its record is closed', () => {
    let late = () => {};
    const chatty: PaperAction = ({ output }) => {
      output('in time\n');
      late = () => output('too late\n');
      return { outputs: {} };
    };
    return onStage(
      async ({ start }) => {
        const handle = await start(paperPlan([uses('chatty', call('chatty'))]));
        await handle.done;
        expect(late).not.toThrow();
        expect(handle.feed.outputTail('chatty', 5)).toEqual(['in time']);
      },
      { chatty },
    );
  });
});

describe('the sentinel', () => {
  it('is heard once a ledger line, also by an engine that takes the run up later', () =>
    onStage(async ({ start, world, entriesOf }) => {
      const plan = wholePlan();
      const first = await start(plan);
      await until(first, (state) => state.observed.write === 'failing');
      first.abortNow();
      await first.done;
      const state = await (await start(plan)).done;
      expect(state.ended?.status).toBe('completed');
      const told = entriesOf('observed').map((entry) => [entry.data.ledgerSeq, entry.data.state]);
      expect(told).toEqual([
        [1, 'failing'],
        [2, 'ok'],
      ]);
      expect(world.read('ledger.jsonl')?.trim().split('\n')).toHaveLength(2);
    }));

  it('that repeats itself is recorded once', () =>
    onStage(async ({ run, entriesOf }) => {
      const observation = {
        ...({ what: 'read', state: 'failing', detail: 'refused' } as const),
        ...{ sentinelAt: '2027-01-17T01:02:03.456Z', ledgerSeq: 7 },
      };
      const observe = () =>
        Promise.resolve({
          resolutionMs: 1000,
          ledger: 'ledger.jsonl',
          follow: (_after: number, listener: (one: typeof observation) => void) => {
            for (const ledgerSeq of [7, 7, 3, 8, 8]) listener({ ...observation, ledgerSeq });
            return () => undefined;
          },
          figures: () => ({ acknowledged: 1, failingForMs: 5, lastWriteAgoMs: 5 }),
          head: () => Promise.resolve({ seq: 8, sha256: '0'.repeat(64), acknowledged: 1 }),
          survivors: () => Promise.reject(new Error('not asked')),
        });
      await run(paperPlan([]), { environment: { observe } });
      expect(entriesOf('observed').map((entry) => entry.data.ledgerSeq)).toEqual([7, 8]);
      expect(entriesOf('observed').map((entry) => entry.actor.kind)).toEqual(['sentinel', 'sentinel']);
    }));
});
