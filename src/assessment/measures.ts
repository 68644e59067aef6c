import type { Entry } from '../run/index.js';
import { acceptanceOf, type AcceptanceFact } from './acceptance.js';
import { clockHealthOf, type ClockHealth } from './clock-health.js';
import { clockPointsOf, spansOf, type PointFact, type SpanFact } from './clock-points.js';
import { entriesOf } from './entries.js';
import { faultsOf, type FaultFact } from './faults.js';
import { lossOf, type LossFact } from './loss.js';
import type { Measured } from './measured.js';
import { messagesOf, type MessageFact } from './messages.js';
import { outagesOf, type OutageFact } from './outage.js';
import { phasesOf, type PhaseFact } from './phases.js';
import type { RunRecord } from './record.js';
import { stepsOf, type StepFact } from './steps.js';
import { structuralLossOf, type StructuralLoss } from './structural-loss.js';
import { technicalRestoreOf } from './technical-restore.js';
import { undosOf } from './undone.js';
import { timeAxis, type TimeAxis } from './time-axis.js';

export interface DeviationFact {
  readonly kind: string;
  readonly step: string | null;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  readonly seq: number;
  /** A step done by hand is manual help; everything else counts against the procedure. */
  readonly counts: boolean;
}

export interface HoldFact {
  readonly reason: string;
  readonly from: string;
  readonly until: string | null;
  /** Shown beside the recovery time, never subtracted. */
  readonly durationMs: number | null;
  readonly evidence: readonly number[];
}

/** Every figure of a run. Nothing planned appears as an actual; what was not measured has value null and says why. */
export interface Measures {
  readonly points: readonly PointFact[];
  readonly spans: readonly SpanFact[];
  /** RTA: service verified − disruption, as a client saw it, ms. */
  readonly recoveryTime: SpanFact;
  /** Machine time of the steps that brought data back, ms, when all of it was timed; never called RTO. */
  readonly technicalRestoreMs: Measured<number>;
  readonly outages: readonly OutageFact[];
  readonly loss: LossFact;
  readonly structuralLoss: StructuralLoss;
  readonly phases: readonly PhaseFact[];
  readonly steps: readonly StepFact[];
  readonly acceptance: readonly AcceptanceFact[];
  readonly messages: readonly MessageFact[];
  readonly faults: readonly FaultFact[];
  readonly holds: readonly HoldFact[];
  readonly deviations: readonly DeviationFact[];
  readonly manualHelp: readonly string[];
  readonly clock: ClockHealth;
  readonly sessions: number;
  /** From the first response phase's start to the last one's end, ms. */
  readonly responseElapsedMs: number | null;
}

export function measure(record: RunRecord): Measures {
  const axis = timeAxis(record.entries);
  const points = clockPointsOf(record, axis);
  const spans = spansOf(record, points);
  const steps = stepsOf(record, axis);
  const phases = phasesOf(record, axis);
  const response = phases.filter((phase) => phase.stage === 'response' && phase.actualMs !== null);
  const [first, last] = [response[0]?.interval, response.at(-1)?.interval];
  const recoveryTime = spans[0];
  if (!recoveryTime) throw new Error('the recovery time is always among the spans');
  return {
    points,
    spans,
    recoveryTime,
    technicalRestoreMs: technicalRestoreOf(record, axis, steps),
    outages: outagesOf(record),
    loss: lossOf(record),
    structuralLoss: structuralLossOf(record, steps),
    phases,
    steps,
    acceptance: acceptanceOf(record, points),
    messages: messagesOf(record, axis, points, steps),
    faults: faultsOf(record, axis, steps),
    holds: holdsOf(record, axis),
    deviations: deviationsOf(record),
    manualHelp: steps.filter((step) => step.manualHelp).map((step) => step.id),
    clock: clockHealthOf(record.entries),
    sessions: entriesOf(record.entries, 'session-started').length,
    responseElapsedMs: first && last ? Math.round(last.end - first.start) : null,
  };
}

function holdsOf(record: RunRecord, axis: TimeAxis): HoldFact[] {
  const released = entriesOf(record.entries, 'released');
  return entriesOf(record.entries, 'held').map((held) => {
    const end = released.find((entry) => entry.seq > held.seq);
    return {
      reason: held.data.reason,
      from: held.at,
      until: end?.at ?? null,
      durationMs: end ? Math.round(axis.moment(end).ms - axis.moment(held).ms) : null,
      evidence: [held.seq, ...(end ? [end.seq] : [])],
    };
  });
}

/** A step that was taken back is a deviation too, whether or not an entry calls it so. */
function deviationsOf(record: RunRecord): DeviationFact[] {
  const who = ({ actor }: Entry) => (actor.kind === 'person' ? actor.name : actor.kind);
  const recorded = entriesOf(record.entries, 'deviation-recorded').map((entry) => ({
    ...entry.data,
    by: who(entry),
    at: entry.at,
    seq: entry.seq,
    counts: entry.data.kind !== 'by-hand',
  }));
  const undone = undosOf(record.entries).map(({ step, reason, request, last }) => ({
    ...{ kind: 'undo', step, reason, counts: true },
    ...{ by: who(request ?? last), at: last.at, seq: last.seq },
  }));
  return [...recorded, ...undone].sort((a, b) => a.seq - b.seq);
}
