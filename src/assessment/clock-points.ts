import type { ClockPoint } from '../language/index.js';
import type { EntryOf } from '../run/index.js';
import { entriesOf, firstOf } from './entries.js';
import { notMeasured, weakest, type Measured } from './measured.js';
import { durationBetween, type Moment, type TimeAxis } from './time-axis.js';
import type { RunRecord } from './record.js';

const clockPoints: readonly ClockPoint[] = [
  'disruption',
  'detected',
  'declared',
  'recovery-started',
  'service-verified',
];

export interface PointFact {
  readonly point: ClockPoint;
  readonly time: Measured<string>;
  /** Where it stands on the run's axis; null when not measured. */
  readonly moment: Moment | null;
  readonly by: 'engine' | 'sentinel' | 'person' | 'scripted' | null;
  /** Who vouches for an attested time. */
  readonly attestedBy?: 'participant' | 'observer';
  readonly because: string;
}

/** A span between two points, for the table that says which interval is what. */
export interface SpanFact {
  readonly id: 'recovery-time' | 'detection' | 'declaration' | 'reaction' | 'restoration';
  readonly title: string;
  readonly from: ClockPoint;
  readonly to: ClockPoint;
  readonly durationMs: Measured<number>;
  readonly spansSessions: boolean;
}

/** A person's entry may be this much younger than the moment it speaks of and still be the engine's own timing. */
const toldWithinMs = 1000;
/** The mark is appended right after the round whose end it names. */
const roundWithinMs = 2000;

/**
 * The five points, each from its first `clock-marked` entry. A time that a person tells of the past is `attested`; a person's
 * act that the engine timed is `measured`. `service-verified` also needs the acceptance rounds that show its window.
 */
export function clockPointsOf(record: RunRecord, axis: TimeAxis): PointFact[] {
  return clockPoints.map((point) => {
    const mark = entriesOf(record.entries, 'clock-marked').find((entry) => entry.data.point === point);
    if (!mark) return absent(point, 'never marked in the journal');
    if (Number.isNaN(Date.parse(mark.data.at)))
      return absent(point, 'the marked time cannot be read', [mark.seq]);
    const window =
      point === 'service-verified' ? acceptanceWindow(record, mark, axis) : { seqs: [], why: null };
    if (window.why !== null) return absent(point, window.why, [mark.seq, ...window.seqs]);
    const told = Math.abs(Date.parse(mark.data.at) - Date.parse(mark.at)) > toldWithinMs;
    const provenance =
      mark.data.by === 'scripted'
        ? 'scripted'
        : mark.data.by === 'person' && (told || mark.actor.kind !== 'person')
          ? 'attested'
          : 'measured';
    return {
      point,
      time: {
        value: mark.data.at,
        provenance,
        evidence: [mark.seq, ...window.seqs],
        note: mark.data.because,
      },
      moment: axis.told(mark, mark.data.at),
      by: mark.data.by,
      ...(provenance === 'attested' ? { attestedBy: attestant(record, mark) } : {}),
      because: mark.data.because,
    };
  });
}

function absent(point: ClockPoint, why: string, evidence: readonly number[] = []): PointFact {
  return { point, time: notMeasured(why, evidence), moment: null, by: null, because: why };
}

function attestant(record: RunRecord, mark: EntryOf<'clock-marked'>): 'participant' | 'observer' {
  const observer = record.plan.observer?.name;
  return mark.actor.kind === 'person' && observer !== undefined && mark.actor.name === observer
    ? 'observer'
    : 'participant';
}

/** The green rounds behind `service-verified`: from the round that the mark names on, unbroken, for the hold time. */
function acceptanceWindow(
  record: RunRecord,
  mark: EntryOf<'clock-marked'>,
  axis: TimeAxis,
): { seqs: readonly number[]; why: string | null } {
  const holdMs = record.plan.acceptance?.holdMs;
  if (holdMs === undefined)
    return { seqs: [], why: 'the plan has no acceptance checks that could verify it' };
  const at = axis.told(mark, mark.data.at).ms;
  const rounds = entriesOf(record.entries, 'acceptance-probed').filter(
    (round) => round.seq < mark.seq && axis.moment(round).ms >= at - roundWithinMs,
  );
  const first = rounds.find(
    (round) => Math.abs(axis.moment(round).ms - at) <= roundWithinMs && round.data.green,
  );
  const last = rounds.at(-1);
  if (!first || !last)
    return { seqs: [], why: 'marked, but no green acceptance round stands at that time: not believed' };
  const window = rounds.filter((round) => round.seq >= first.seq);
  const seqs = window.map((round) => round.seq);
  const red = window.find((round) => !round.data.green || !round.data.checks.every(passed));
  if (red) return { seqs, why: `marked, but acceptance round ${red.data.round} in its window is red` };
  // The first round's own entry may be written a little after its end.
  if (axis.moment(last).ms - at < holdMs - 50)
    return { seqs, why: `marked, but its green rounds do not span the hold of ${holdMs} ms` };
  return { seqs: [first.seq, ...(last.seq === first.seq ? [] : [last.seq])], why: null };
}

function passed(one: EntryOf<'acceptance-probed'>['data']['checks'][number]): boolean {
  return one.check.verdict === 'pass';
}

/** The spans between the points; the recovery time first: service verified − disruption, as a client saw it. */
export function spansOf(record: RunRecord, points: readonly PointFact[]): SpanFact[] {
  const span = (id: SpanFact['id'], title: string, from: ClockPoint, to: ClockPoint): SpanFact => {
    const [start, end] = [from, to].map((name) => points.find((one) => one.point === name));
    if (!start?.moment || !end?.moment) {
      const missing = [start, end].filter((one) => one && !one.moment).map((one) => one?.point);
      const why = `${missing.join(' and ')} not measured`;
      const evidence = [...(start?.time.evidence ?? []), ...(end?.time.evidence ?? [])];
      return { id, title, from, to, durationMs: notMeasured(why, evidence), spansSessions: false };
    }
    const { ms, spansSessions } = durationBetween(start.moment, end.moment);
    return {
      id,
      title,
      from,
      to,
      durationMs: {
        value: ms,
        provenance: weakest(start.time.provenance, end.time.provenance),
        evidence: [...start.time.evidence, ...end.time.evidence],
        note: spansSessions ? 'wall clock: it spans an interruption' : 'monotonic clock of one session',
      },
      spansSessions,
    };
  };
  const observed = firstOf(record.entries, 'observer-started') !== undefined;
  return [
    span(
      'recovery-time',
      observed ? 'Recovery time (RTA), as a client saw it' : 'Recovery time (RTA)',
      'disruption',
      'service-verified',
    ),
    span('detection', 'Until it was detected', 'disruption', 'detected'),
    span('declaration', 'From detection until it was declared', 'detected', 'declared'),
    span('reaction', 'From the declaration until recovery began', 'declared', 'recovery-started'),
    span(
      'restoration',
      'From the beginning of recovery until verified',
      'recovery-started',
      'service-verified',
    ),
  ];
}
