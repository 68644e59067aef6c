import { readSealedFile } from '../../evidence/index.js';
import { lossWords, type Report } from '../../report/index.js';
import { shownPath } from '../shown-path.js';
import type { FoundDrill } from './find-drills.js';

/** `not-run`: it could not run here, or was passed over; `left`: it was not reached. Neither is ever a pass. */
export type DrillOutcome =
  'met' | 'missed' | 'inconclusive' | 'failed' | 'cancelled' | 'interrupted' | 'not-run' | 'left';

/** One row of the table: every figure of it is read back from the sealed record. */
export interface DrillFacts {
  readonly file: string;
  readonly title: string;
  readonly scheduled: string | null;
  readonly outcome: DrillOutcome;
  /** Why it is not `met`; null when it is. */
  readonly why: string | null;
  readonly runId: string | null;
  readonly report: string | null;
  /** Milliseconds; null when not measured. */
  readonly recoveryMs: number | null;
  readonly rtoMs: number | null;
  /** Acknowledged commits, and how many of them are lost; null when not measured. */
  readonly acknowledged: number | null;
  readonly lost: number | null;
  readonly loss: string;
  readonly score: number | null;
  readonly rating: string | null;
  readonly caps: readonly string[];
  readonly notExercised: readonly string[];
}

const notMeasured = {
  runId: null,
  report: null,
  recoveryMs: null,
  rtoMs: null,
  acknowledged: null,
  lost: null,
  loss: 'not measured: it did not run',
  score: null,
  rating: null,
  caps: [],
  notExercised: [],
} as const;

/** A drill of which there is no sealed record. */
export function withoutRecord(
  { file, title, scheduled }: FoundDrill,
  outcome: DrillOutcome,
  why: string,
  runId: string | null = null,
): DrillFacts {
  return { file, title, scheduled, outcome, why, ...notMeasured, runId };
}

/** Rejects with `check` when the record is not sealed, or its report is not the sealed one. */
export async function factsOfRecord(drill: FoundDrill, recordDirectory: string): Promise<DrillFacts> {
  const report = JSON.parse(
    (await readSealedFile(recordDirectory, 'report.json')).toString('utf8'),
  ) as Report;
  const { outcome, measures, score, inputs } = report.assessment;
  const opened = report.journal.find((entry) => entry.type === 'environment-opened');
  // Where there never was an environment, nothing was drilled, whatever the record is called.
  const ended: DrillOutcome =
    opened === undefined ? 'not-run' : outcome.status === 'completed' ? outcome.verdict : outcome.status;
  const counted = measures.loss.windowMs.value !== null;
  return {
    file: drill.file,
    title: drill.title,
    scheduled: drill.scheduled,
    outcome: ended,
    why: ended === 'met' ? null : outcome.status === 'completed' ? outcome.verdictBecause : outcome.because,
    runId: report.runId,
    report: `${shownPath(recordDirectory)}/report.html`,
    recoveryMs: measures.recoveryTime.durationMs.value,
    rtoMs: inputs.rtoMs,
    acknowledged: counted ? measures.loss.acknowledged : null,
    lost: counted ? measures.loss.missing.length : null,
    loss: lossWords(report.assessment),
    score: score.final,
    rating: score.band,
    caps: score.caps.map((cap) => cap.id),
    notExercised: namesIn(opened?.data['notExercised']),
  };
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
