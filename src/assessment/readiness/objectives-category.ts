import { roundHalfUp } from '../formulas.js';
import type { Judged } from './judge-run.js';
import { newestFirst } from './periods.js';
import {
  fromRun,
  line,
  unmeasured,
  withoutRunbook,
  type ReadinessInputs,
  type ReadinessLine,
  type ReadinessScenario,
  type ReadinessWorking,
} from './readiness-inputs.js';

/**
 * RTO/RPO compliance: what was measured on the organisation’s own data, a scenario each. The six count whether or not there is a runbook:
 * leaving one out must not make a programme readier.
 */
export function objectivesCategory(
  { scenarios }: ReadinessInputs,
  judged: readonly Judged[],
): ReadinessWorking {
  const worked = scenarios.map((scenario) =>
    scenarioLines(
      scenario,
      judged.filter((one) => one.run.scenario === scenario.id),
    ),
  );
  const without = withoutRunbook(scenarios);
  const count = worked.length + without.length;
  const sum = worked.reduce((total, one) => total + one.points, 0);
  return {
    key: 'objectives',
    title: 'RTO/RPO compliance',
    formula:
      'mean over the scenarios, with or without a runbook for each of the six, of the best R measured in 12 months, counting only runs on your own backups with at least half of production’s bytes, or live; never drilled = 0',
    points: sum / count,
    inputs: [
      ...worked.flatMap((one) => one.lines),
      ...without.map((id) => unmeasured(id, 'never drilled: the programme has no runbook for it')),
    ],
  };
}

function scenarioLines(
  { id, file }: ReadinessScenario,
  mine: readonly Judged[],
): { readonly points: number; readonly lines: readonly ReadinessLine[] } {
  const counted = mine.filter((one) => one.counts);
  const best = counted.reduce<Judged | null>(
    (top, one) => ((one.run.recovery.points ?? -1) > (top?.run.recovery.points ?? -1) ? one : top),
    null,
  );
  const points = best?.run.recovery.points ?? null;
  const chosen = best !== null && points !== null ? bestLine(id, best, points) : none(id, file, mine);
  const others = newestFirst(mine.map((one) => ({ one, at: one.run.at }))).filter(
    ({ one }) => one !== best || points === null,
  );
  return { points: points ?? 0, lines: [chosen, ...others.map(({ one }) => otherLine(id, one))] };
}

function bestLine(id: string, { run, why, source }: Judged, points: number): ReadinessLine {
  const attested = run.recovery.attested ? ', attested by people' : '';
  return line(
    id,
    `R ${roundHalfUp(points)}${attested}: ${run.recovery.note}; ${howRun(run)}, ${why}`,
    points,
    [fromRun(run, run.recovery.evidence), ...(source === null ? [] : [source])],
  );
}

function none(id: string, file: string, mine: readonly Judged[]): ReadinessLine {
  const why =
    mine.length === 0
      ? 'never drilled'
      : mine.some((one) => one.counts)
        ? 'no run that counts measured a recovery'
        : mine.some((one) => one.run.data.kind === 'sample')
          ? 'mechanism exercised on the sample database only; never on your own data'
          : 'no run counts';
  return unmeasured(id, why, [`document ${file}`]);
}

/** Runs that do not set the figure: shown, worth nothing. */
function otherLine(id: string, { run, counts, why, source }: Judged): ReadinessLine {
  const { points, note } = run.recovery;
  const figure = points === null ? note : `R ${roundHalfUp(points)}`;
  const verdict = counts ? `counts, not the best: ${why}` : why;
  return line(`${id}/${run.runId}`, `${verdict}; ${howRun(run)}; ${figure}`, null, [
    fromRun(run, run.recovery.evidence),
    ...(source === null ? [] : [source]),
  ]);
}

function howRun({ mode, unattended, at, score, band }: Judged['run']): string {
  const how = mode === 'live' ? 'an incident' : unattended ? 'unattended' : 'attended';
  return `${how}, ${at.slice(0, 10)}, score ${score === null ? band : `${score} ${band}`}`;
}
