import type { Stage } from '../language/index.js';
import { entriesOf } from './entries.js';
import { activityOf, type Activity } from './activity.js';
import { clip, lengthMs, subtract, type Interval } from './intervals.js';
import { promptsOf } from './prompts.js';
import { durationBetween, type TimeAxis } from './time-axis.js';
import type { RunRecord } from './record.js';

/** One phase, planned against actual. All figures in milliseconds. */
export interface PhaseFact {
  readonly id: string;
  readonly title: string;
  readonly stage: Stage;
  readonly targetMs: number | null;
  readonly enteredAt: string | null;
  readonly leftAt: string | null;
  /** On the run's axis, for the picture. */
  readonly interval: Interval | null;
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'not-entered' | 'not-left';
  /** Null: never entered, or never left. */
  readonly actualMs: number | null;
  readonly spansSessions: boolean;
  /** Some action, check or wait was under way. */
  readonly machineMs: number | null;
  /** A person carried out a task and no machine work was under way. Null: only declared answers, so no human time. */
  readonly handsOnMs: number | null;
  /** A prompt was open for a person, and neither of the above. Null as for `handsOnMs`. */
  readonly waitingMs: number | null;
  /** None of these: back-off between attempts, gaps after a crash, the engine's own bookkeeping, declared answers. */
  readonly idleMs: number | null;
  /** What was whose, for the picture. */
  readonly split: Activity;
  readonly scriptedAnswers: number;
  /** Start and end were both written by the engine, in this order. */
  readonly machineMade: boolean;
  readonly evidence: readonly number[];
}

const nothing: Activity = { machine: [], handsOn: [], waiting: [] };

/** Every phase of the plan, in its order, with its time split so that the four parts sum to the whole. */
export function phasesOf(record: RunRecord, axis: TimeAxis): PhaseFact[] {
  const activity = activityOf(record.entries, axis);
  const prompts = promptsOf(record.entries);
  return record.plan.phases.map((phase) => {
    const entered = entriesOf(record.entries, 'phase-entered').find((one) => one.data.phase === phase.id);
    const left = entriesOf(record.entries, 'phase-left').find((one) => one.data.phase === phase.id);
    const base = {
      id: phase.id,
      title: phase.title,
      stage: phase.stage,
      targetMs: phase.targetMs ?? null,
      enteredAt: entered?.at ?? null,
      leftAt: left?.at ?? null,
      evidence: [entered, left].flatMap((one) => (one ? [one.seq] : [])),
      machineMade:
        entered?.actor.kind === 'engine' && left?.actor.kind === 'engine' && entered.seq < left.seq,
    };
    if (!entered || !left)
      return {
        ...base,
        interval: entered ? openEnd(record, axis, axis.moment(entered).ms) : null,
        outcome: entered ? 'not-left' : 'not-entered',
        actualMs: null,
        spansSessions: false,
        machineMs: null,
        handsOnMs: null,
        waitingMs: null,
        idleMs: null,
        split: nothing,
        scriptedAnswers: 0,
      };
    const [start, end] = [axis.moment(entered), axis.moment(left)];
    const { ms, spansSessions } = durationBetween(start, end);
    const interval = { start: start.ms, end: end.ms };
    const split = shareOut(activity, interval);
    const inside = prompts.filter((one) => one.opened.seq > entered.seq && one.opened.seq < left.seq);
    const scriptedAnswers = inside.filter((one) => one.answeredBy === 'scripted').length;
    const nobodyTimed = scriptedAnswers > 0 && scriptedAnswers === inside.length;
    const [machine, handsOn, waiting] = [split.machine, split.handsOn, split.waiting].map((some) =>
      Math.round(lengthMs(some)),
    );
    return {
      ...base,
      interval,
      outcome: left.data.outcome,
      actualMs: ms,
      spansSessions,
      machineMs: machine ?? 0,
      handsOnMs: nobodyTimed ? null : (handsOn ?? 0),
      waitingMs: nobodyTimed ? null : (waiting ?? 0),
      idleMs: Math.max(0, ms - (machine ?? 0) - (handsOn ?? 0) - (waiting ?? 0)),
      split,
      scriptedAnswers,
    };
  });
}

/** Machine work wins over hands-on, and that over waiting: each moment counts once. */
export function shareOut(activity: Activity, within: Interval): Activity {
  const machine = clip(activity.machine, within);
  const handsOn = subtract(clip(activity.handsOn, within), machine);
  return { machine, handsOn, waiting: subtract(clip(activity.waiting, within), [...machine, ...handsOn]) };
}

function openEnd(record: RunRecord, axis: TimeAxis, start: number): Interval {
  const last = record.entries.at(-1);
  return { start, end: last ? Math.max(start, axis.moment(last).ms) : start };
}
