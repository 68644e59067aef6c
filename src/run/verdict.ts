import { formatDuration } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { RunOutcome, Verdict } from './facts.js';
import { protectionGaps } from './protection.js';
import type { RunState } from './state.js';

/**
 * Whether the objectives were met, as far as the record can tell. `missed` needs a measured value that is over; `met` needs all of
 * them measured and within, every critical acceptance check passed, the run completed, no obligation open and the data protected as
 * promised when the disaster struck. All else is not known.
 */
export function verdictOf(
  plan: Plan,
  state: RunState,
  status: RunOutcome,
): { readonly verdict: Verdict; readonly because: string } {
  const { rtoMs, rpoMs } = plan.objectives;
  const rtaMs = recoveryTimeMs(state);
  const { loss } = state;
  const over: string[] = [];
  if (rtaMs !== null && rtaMs > rtoMs)
    over.push(`recovery took ${formatDuration(rtaMs)}, the objective is ${formatDuration(rtoMs)}`);
  if (rtaMs !== null && loss && !isWithin(loss, rpoMs))
    over.push(
      `${loss.missing} of ${loss.acknowledged} acknowledged commits lost over ${formatDuration(loss.windowMs)}, ` +
        `the objective is ${formatDuration(rpoMs)}`,
    );
  if (over.length > 0) return { verdict: 'missed', because: over.join('; ') };
  const open = obstacles(plan, state, status, rtaMs);
  if (open.length > 0) return { verdict: 'inconclusive', because: open.join('; ') };
  return { verdict: 'met', because: 'recovery time and data loss are within the objectives' };
}

/** With an objective of nothing lost, nothing may be lost, however short the window. */
function isWithin({ missing, windowMs }: NonNullable<RunState['loss']>, rpoMs: number): boolean {
  return missing === 0 || (rpoMs > 0 && windowMs <= rpoMs);
}

function recoveryTimeMs({ marks }: RunState): number | null {
  if (!marks.disruption || !marks['service-verified']) return null;
  const ms = Date.parse(marks['service-verified'].pointAt) - Date.parse(marks.disruption.pointAt);
  return ms > 0 ? ms : null;
}

function obstacles(plan: Plan, state: RunState, status: RunOutcome, rtaMs: number | null): string[] {
  const { marks, stop, detection, loss, acceptance } = state;
  if (plan.mode === 'drill' && detection.nothing) return ['detection found nothing wrong'];
  const found: string[] = [];
  if (status !== 'completed')
    found.push(stop ? `the run was stopped: ${stop.reason}` : 'a step that may not fail did');
  if (!marks['service-verified']) found.push('the service was never verified');
  else if (!marks.disruption) found.push('the time of the disruption is not known');
  else if (rtaMs === null) found.push('the service was verified before the disruption');
  if (!loss) found.push('data loss was not measured');
  const critical = (plan.acceptance?.checks ?? []).filter((check) => check.critical);
  const red = critical.filter(({ id }) => acceptance.last.find((one) => one.id === id)?.verdict !== 'pass');
  if (red.length > 0)
    found.push(`critical acceptance checks not passed: ${red.map(({ id }) => id).join(', ')}`);
  found.push(...protectionGaps(plan, state));
  const owed = Object.keys(state.obligations);
  if (owed.length > 0) found.push(`${owed.length} obligations are open`);
  return found;
}
