import { validMonths } from './judge-run.js';
import { withinMonths } from './periods.js';
import type { ReadinessRun } from './readiness-run.js';

/**
 * Why this person may not approve, in words; null: nothing speaks against it. Names are compared without regard to case and
 * spaces; the account that ran the engine, and the observer, are among the people of a run. Runs of the last 12 months are looked at.
 */
export function approverConflict(
  approver: string,
  runs: readonly Pick<ReadinessRun, 'runId' | 'at' | 'people'>[],
  authors: readonly string[],
  now: string,
): string | null {
  const same = (name: string) => plain(name) === plain(approver);
  const ran = runs.find((run) => withinMonths(run.at, now, validMonths) && run.people.some(same));
  if (ran !== undefined) return `${approver} took part in run ${ran.runId}`;
  return authors.some(same) ? `${approver} wrote documents of the programme` : null;
}

function plain(name: string): string {
  return name.trim().replace(/\s+/gu, ' ').toLowerCase();
}
