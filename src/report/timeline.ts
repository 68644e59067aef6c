import type { Assessment, Interval, RunRecord } from '../assessment/index.js';
import { timeAxis } from '../assessment/index.js';

/** What the picture shows; all times in whole milliseconds since `startMs` of the axis. */
export interface Timeline {
  readonly lengthMs: number;
  readonly phases: readonly {
    readonly id: string;
    readonly title: string;
    readonly stage: string;
    readonly start: number;
    readonly end: number;
    readonly targetMs: number | null;
    readonly machine: readonly Interval[];
    readonly handsOn: readonly Interval[];
    readonly waiting: readonly Interval[];
  }[];
  readonly events: readonly {
    readonly kind: 'fault' | 'message' | 'point' | 'gap';
    readonly label: string;
    readonly at: number;
    readonly seq: number | null;
  }[];
}

/** The run from its first event to the end of its last phase; null when nothing was entered. */
export function timelineOf(record: RunRecord, { measures }: Assessment): Timeline | null {
  const entered = measures.phases.flatMap((phase) =>
    phase.interval && phase.stage !== 'before' ? [{ ...phase, interval: phase.interval }] : [],
  );
  if (entered.length === 0) return null;
  const axis = timeAxis(record.entries);
  const events = [
    ...measures.faults.flatMap((fault) =>
      fault.momentMs === null
        ? []
        : [{ kind: 'fault' as const, label: fault.id, ms: fault.momentMs, seq: fault.seqs.at(-1) ?? null }],
    ),
    ...measures.messages.flatMap((message) =>
      message.momentMs === null
        ? []
        : [
            {
              kind: 'message' as const,
              label: message.step ?? message.id,
              ms: message.momentMs,
              seq: message.evidence[0] ?? null,
            },
          ],
    ),
    ...measures.points.flatMap((point) =>
      point.moment === null
        ? []
        : [{ kind: 'point' as const, label: point.point, ms: point.moment.ms, seq: point.moment.seq }],
    ),
    ...record.entries.flatMap((entry) =>
      entry.type === 'session-started' && entry.data.resumed
        ? [{ kind: 'gap' as const, label: 'taken up again', ms: axis.moment(entry).ms, seq: entry.seq }]
        : [],
    ),
  ];
  const start = Math.min(...entered.map((one) => one.interval.start), ...events.map((one) => one.ms));
  const end = Math.max(...entered.map((one) => one.interval.end), ...events.map((one) => one.ms));
  const at = (ms: number) => Math.round(ms - start);
  const shift = (some: readonly Interval[]) =>
    some.map((one) => ({ start: at(one.start), end: at(one.end) }));
  return {
    lengthMs: Math.max(1, at(end)),
    phases: entered.map(({ id, title, stage, interval, targetMs, split }) => ({
      id,
      title,
      stage,
      start: at(interval.start),
      end: at(interval.end),
      targetMs,
      machine: shift(split.machine),
      handsOn: shift(split.handsOn),
      waiting: shift(split.waiting),
    })),
    events: events
      .map(({ kind, label, ms, seq }) => ({ kind, label, at: at(ms), seq }))
      .sort((a, b) => a.at - b.at),
  };
}
