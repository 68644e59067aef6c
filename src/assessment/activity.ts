import type { Entry } from '../run/index.js';
import { entriesOf } from './entries.js';
import { union, type Interval } from './intervals.js';
import { promptsOf } from './prompts.js';
import type { TimeAxis } from './time-axis.js';

/** Who or what was at work when; the lists may overlap, `phases.ts` says which wins. */
export interface Activity {
  readonly machine: readonly Interval[];
  readonly handsOn: readonly Interval[];
  readonly waiting: readonly Interval[];
}

/** Entries that say something happened beside the run, not that the run went a step further. */
const bystanders = new Set<Entry['type']>([
  'observed',
  'note-taken',
  'held',
  'released',
  'prompt-overdue',
  'obligation-opened',
]);

/**
 * **Machine**: from `step-started by machine` to that attempt's result (a wait for a condition included: the machine polls);
 * and for a check, which has no entry for its beginning, from the entry that led to it to its `check-evaluated`.
 * **Hands-on**: an `instruct` prompt, from opening to answer: a person carries a task out.
 * **Waiting for a person**: every other prompt, from opening to answer or withdrawal (a step done by hand out of a failure
 * prompt included: the record cannot tell the doing from the deciding). A prompt that a declared answer closed is neither.
 * Work under way when a session ends without its result ends, at the latest, with that session's last entry.
 */
export function activityOf(entries: readonly Entry[], axis: TimeAxis): Activity {
  const end = (entry: Entry | undefined) => (entry ? axis.moment(entry).ms : 0);
  const lastOfSession = new Map(entries.map((entry) => [entry.session, entry]));
  const prompts = promptsOf(entries).filter((prompt) => prompt.answeredBy !== 'scripted');
  const people = prompts.map((prompt) => ({
    handsOn: prompt.kind === 'instruct',
    start: end(prompt.opened),
    end: end(prompt.closed ?? entries.at(-1)),
  }));
  return {
    machine: union([
      ...attempts(entries, lastOfSession, axis),
      ...checks(entries, axis),
      ...undos(entries, lastOfSession, axis),
    ]),
    handsOn: union(people.filter((one) => one.handsOn)),
    waiting: union(people.filter((one) => !one.handsOn)),
  };
}

function attempts(entries: readonly Entry[], lastOf: Map<string, Entry>, axis: TimeAxis): Interval[] {
  return entriesOf(entries, 'step-started')
    .filter((entry) => entry.data.by === 'machine')
    .map((started) => {
      const result = entries.find(
        (entry) =>
          entry.seq > started.seq &&
          entry.session === started.session &&
          (entry.type === 'step-succeeded' || entry.type === 'step-failed') &&
          entry.data.step === started.data.step,
      );
      const stop = result ?? lastOf.get(started.session) ?? started;
      return { start: axis.moment(started).ms, end: axis.moment(stop).ms };
    });
}

function checks(entries: readonly Entry[], axis: TimeAxis): Interval[] {
  return entries.flatMap((entry, index) => {
    if (entry.type !== 'check-evaluated' && entry.type !== 'detection-evaluated') return [];
    const before = entries.slice(0, index).findLast((one) => !bystanders.has(one.type));
    if (before?.session !== entry.session) return [];
    return [{ start: axis.moment(before).ms, end: axis.moment(entry).ms }];
  });
}

function undos(entries: readonly Entry[], lastOf: Map<string, Entry>, axis: TimeAxis): Interval[] {
  return entriesOf(entries, 'undo-started').map((started) => {
    const ended = entriesOf(entries, 'undo-ended').find(
      (entry) => entry.seq > started.seq && entry.data.step === started.data.step,
    );
    const stop = ended?.session === started.session ? ended : (lastOf.get(started.session) ?? started);
    return { start: axis.moment(started).ms, end: axis.moment(stop).ms };
  });
}
