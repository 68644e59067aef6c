import type { Plan } from '../language/index.js';
import { disasterOf } from './disaster.js';
import { walkSteps } from './plan-index.js';
import type { Protection } from './facts.js';
import type { RunState } from './state.js';

/**
 * Why the data were not protected as they were believed to be when the disaster of a drill struck, in words; empty where they were, or
 * where nobody measured it. While nothing receives the log the loss grows until the disaster comes: that it stayed within the
 * objective in a drill, which chooses the moment itself, says nothing of the next disaster. And where the newest backup was rotten an
 * older one is luck. A drill shows that the protection works as promised, so such a run never meets its objectives.
 */
export function protectionGaps(plan: Plan, state: RunState): string[] {
  const { protection = null } = disasterOf(state) ?? {};
  if (protection === null) return [];
  const [rotten] = passedOver(plan, state);
  return [
    ...[protectionGap(protection), standbyGap(protection)].filter((one) => one !== null),
    ...(rotten === undefined ? [] : [olderBackupOnly(rotten)]),
  ];
}

/** Why the stream of the log was less than was promised, in one reason; null where it was not. */
export function protectionGap({ reach, said }: Protection): string | null {
  if (reach === 'complete') return null;
  return reach === 'incomplete'
    ? `the log did not reach the second place when the disaster struck, so nothing but the moment bounded the loss (${inOneReason(said)})`
    : `whether the log reached the second place when the disaster struck was not measured (${inOneReason(said)})`;
}

/** The same of a standby: what it lacked had to be fetched elsewhere, or is lost. */
export function standbyGap({ standby }: Protection): string | null {
  if (standby === undefined) return null;
  return `the standby was not shown to follow when the disaster struck (${inOneReason(standby)})`;
}

/** The same of the backups, from what a search says of the one that it passed over. */
export function olderBackupOnly(said: string): string {
  return `the newest backup was not usable, and only an older one was left (${inOneReason(said)})`;
}

/**
 * Backups that the search for a usable one has passed over. Those outside are left out: what somebody put there after the attack is
 * passed over by design.
 */
function passedOver(plan: Plan, state: RunState): string[] {
  return walkSteps(plan).flatMap(({ step }) => {
    if (step.form !== 'uses' || step.call.uses !== 'postgres.usable-backup') return [];
    if (step.call.with['from'] === 'immutable') return [];
    const list = state.steps[step.id]?.outputs['passedOver'];
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  });
}

/** Reasons are told apart by semicolons. */
function inOneReason(text: string): string {
  return text.replaceAll(';', ',');
}
