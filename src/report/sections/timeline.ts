import type { Assessment, RunRecord } from '../../assessment/index.js';
import { cell, table, text, type Section } from '../blocks.js';
import { duration, time } from '../words.js';

export function timelineSection(record: RunRecord, { measures }: Assessment): Section {
  const scripted = 'scripted, not measured';
  return {
    id: 'timeline',
    title: 'Timeline, planned against actual',
    blocks: [
      { kind: 'picture' },
      table(
        'Phases: target against actual, and whose time it was',
        [
          'Phase',
          'Stage',
          'Entered',
          '#Target',
          '#Actual',
          '#Machine',
          '#Hands-on',
          '#Waiting for a person',
          '#Idle',
          'Outcome',
        ],
        measures.phases.map((phase) => {
          const over = phase.actualMs !== null && phase.targetMs !== null && phase.actualMs > phase.targetMs;
          const human = (ms: number | null) =>
            phase.actualMs === null
              ? cell('not measured')
              : ms === null
                ? cell(scripted, { status: 'scripted' })
                : cell(duration(ms));
          return [
            phase.title,
            phase.stage,
            time(phase.enteredAt),
            phase.targetMs === null ? 'no target' : duration(phase.targetMs),
            cell(`${duration(phase.actualMs)}${phase.spansSessions ? ' (spans an interruption)' : ''}`, {
              evidence: phase.evidence,
              ...(over ? { status: 'warning' as const } : {}),
            }),
            duration(phase.machineMs),
            human(phase.handsOnMs),
            human(phase.waitingMs),
            duration(phase.idleMs),
            cell(phase.outcome.replace('-', ' '), {
              status: phase.outcome === 'completed' ? 'good' : phase.outcome === 'failed' ? 'bad' : 'open',
            }),
          ];
        }),
      ),
      text(
        'Machine: an action, a check or a wait was under way. Hands-on: a person carried a task out. Waiting: a prompt was open for a person and no machine work was under way. Idle: none of these. Waiting is never subtracted.',
      ),
      table(
        'Faults, points, messages and interruptions, in the order in which they happened',
        ['When', 'What', 'Which'],
        happenings(record, measures).map((one) => [
          time(one.at),
          one.kind,
          cell(one.label, { evidence: [one.seq] }),
        ]),
      ),
      table(
        'Administrative holds, shown beside the recovery time and never subtracted',
        ['From', 'Until', '#Duration', 'Reason'],
        measures.holds.map((hold) => [
          time(hold.from),
          hold.until === null ? 'never released' : time(hold.until),
          duration(hold.durationMs),
          cell(hold.reason, { evidence: hold.evidence }),
        ]),
      ),
    ],
  };
}

interface Happening {
  readonly at: string;
  readonly kind: string;
  readonly label: string;
  readonly seq: number;
}

/** The marks of the picture, as rows. */
function happenings({ entries }: RunRecord, measures: Assessment['measures']): Happening[] {
  const own = entries.flatMap((entry): Happening[] => {
    switch (entry.type) {
      case 'fault-injected':
        return [
          {
            at: entry.at,
            kind: entry.data.sabotage ? 'sabotage' : 'fault',
            label: entry.data.fault,
            seq: entry.seq,
          },
        ];
      case 'message-sent':
        return [
          {
            at: entry.at,
            kind: 'message',
            label: `${entry.data.message} to ${entry.data.to}`,
            seq: entry.seq,
          },
        ];
      case 'session-started':
        return entry.data.resumed
          ? [{ at: entry.at, kind: 'taken up again', label: entry.data.session, seq: entry.seq }]
          : [];
      default:
        return [];
    }
  });
  const points = measures.points.flatMap((point): Happening[] =>
    point.time.value === null || point.moment === null
      ? []
      : [{ at: point.time.value, kind: 'clock point', label: point.point, seq: point.moment.seq }],
  );
  return [...own, ...points].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
}
