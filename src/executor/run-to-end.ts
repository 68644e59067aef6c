import { Failure } from '../base/index.js';
import type { Journal } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import type { Actor, Entry, EventOf, RunFeed, RunState } from '../run/index.js';
import { makeAudience } from './audience.js';
import { beginSession, type Opening, type TakeUp } from './begin-session.js';
import { makeBell } from './bell.js';
import { makeBugs } from './bugs.js';
import { makeInFlight } from './in-flight.js';
import { makeOutputs } from './outputs.js';
import type { ArtefactPort, ExecutorPorts } from './ports.js';
import { engine, makeRecorder } from './recorder.js';
import type { RunContext } from './run-context.js';
import { makeFeed } from './run-feed.js';
import { abortAll, abortOverruled, loop } from './run-loop.js';
import { watchObserver } from './watch-observer.js';

export interface RunOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly journal: Journal;
  readonly ports: ExecutorPorts;
  readonly artefacts: ArtefactPort;
  readonly opening: Opening;
  readonly takeUp: TakeUp;
  /** How long an interrupted engine waits for what it aborted, in milliseconds; 10 s when not given. */
  readonly graceMs?: number;
}

export interface RunHandle {
  readonly feed: RunFeed;
  /**
   * The state the run was left in; `ended` is null when this engine was interrupted and the run can be resumed. Rejects with the
   * journal's `Failure` when nothing could be recorded any more, and with anything else when it was a bug.
   */
  readonly done: Promise<RunState>;
  /** First Ctrl-C: recorded; obligations and clean-up still run. */
  readonly requestStop: (reason: string, how: 'person' | 'signal', by?: Actor) => Promise<void>;
  /** Second Ctrl-C: aborts whatever is under way, records nothing of it, and ends this engine. */
  readonly abortNow: () => void;
  /** After `done`: the seal, through the same door, so that views see it. */
  readonly seal: (event: EventOf<'run-sealed'>) => Promise<Entry | undefined>;
}

/** Takes a run up where its journal stands and brings it to its end. */
export function runToEnd(options: RunOptions): RunHandle {
  const { plan, runId, journal, ports, artefacts } = options;
  const audience = makeAudience();
  const bell = makeBell();
  const bugs = makeBugs();
  let interrupted = false;
  let wreck: { readonly error: unknown } | null = null;
  const inFlight = makeInFlight((thrown) => {
    wreck ??= thrown;
    bell.ring();
  });
  const recorder = makeRecorder(plan, journal, {
    published: (entry) => {
      abortOverruled({ plan, recorder }, inFlight, entry);
      bell.ring();
      audience.tell({ entry });
    },
    broke: () => bell.ring(),
  });
  const outputs = makeOutputs(artefacts, () => audience.tell({ entry: null }));
  const observing: RunContext['observing'] = { port: null, stop: () => undefined };
  const context: RunContext = { plan, runId, ports, artefacts, recorder, outputs, bugs, observing };
  const stopWatching = watchObserver(observing, () => audience.tell({ entry: null }));

  const work = async (): Promise<RunState> => {
    try {
      const { opening, takeUp } = options;
      const { mode, unattended } = plan;
      const nowMs = ports.clock.now();
      await beginSession(recorder, { runId, mode, unattended, opening, takeUp, nowMs });
      await loop({ context, inFlight, bell, isInterrupted: () => interrupted, wreck: () => wreck });
      if (interrupted) await settle();
      const bug = bugs.first();
      if (bug !== null) throw bug.error;
      return recorder.state();
    } catch (error) {
      abortAll(inFlight);
      await settle();
      throw error;
    } finally {
      observing.stop();
      outputs.stop();
      stopWatching();
    }
  };
  const settle = async () => {
    await inFlight.settle(options.graceMs ?? 10_000);
    recorder.shut(new Failure('cancelled', 'this engine has given the run up', { retryable: false }));
  };
  let over = false;
  const done = work().finally(() => {
    over = true;
  });
  return {
    feed: makeFeed(context, audience, () => over),
    done,
    requestStop: async (reason, how, by) => {
      await recorder.record((state) => {
        if (over || state.ended !== null || state.stop?.session === options.takeUp.session) return [];
        return [{ event: { type: 'stop-requested', data: { reason, how } }, actor: by ?? engine }];
      });
    },
    abortNow: () => {
      interrupted = true;
      abortAll(inFlight);
      bell.ring();
    },
    seal: async (event) => (await recorder.record(() => [{ event, actor: engine }]))[0],
  };
}
