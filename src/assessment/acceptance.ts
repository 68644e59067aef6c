import type { CheckRecord } from '../run/index.js';
import { entriesOf } from './entries.js';
import type { PointFact } from './clock-points.js';
import type { RunRecord } from './record.js';

/** One acceptance check of the plan with the verdict that counts. */
export interface AcceptanceFact {
  readonly id: string;
  readonly action: string;
  readonly critical: boolean;
  readonly weight: number;
  readonly verdict: 'pass' | 'fail' | 'not-run';
  readonly check: CheckRecord | null;
  readonly round: number | null;
  /** How many rounds it was red in before. */
  readonly redRounds: number;
  readonly seq: number | null;
}

/** Verdicts from the last round of the verified window; without one from the last round of all; never probed is not run. */
export function acceptanceOf(record: RunRecord, points: readonly PointFact[]): AcceptanceFact[] {
  const rounds = entriesOf(record.entries, 'acceptance-probed');
  const verified = points.find((point) => point.point === 'service-verified');
  const lastOfWindow = verified?.moment ? verified.time.evidence.at(-1) : undefined;
  const round = rounds.find((one) => one.seq === lastOfWindow) ?? rounds.at(-1);
  return (record.plan.acceptance?.checks ?? []).map((planned) => {
    const found = round?.data.checks.find((one) => one.id === planned.id);
    return {
      id: planned.id,
      action: planned.call.uses,
      critical: planned.critical,
      weight: planned.weight,
      verdict: found?.check.verdict ?? 'not-run',
      check: found?.check ?? null,
      round: round?.data.round ?? null,
      redRounds: rounds.filter((one) =>
        one.data.checks.some((check) => check.id === planned.id && check.check.verdict !== 'pass'),
      ).length,
      seq: found && round ? round.seq : null,
    };
  });
}
