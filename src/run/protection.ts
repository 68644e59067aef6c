import { disasterOf } from './disaster.js';
import type { RunState } from './state.js';

/**
 * Why the data were not protected as they were believed to be when the disaster of a drill struck, in words; empty where they were, or
 * where nobody measured it. While nothing receives the log the loss grows until the disaster comes: that it stayed within the
 * objective in a drill, which chooses the moment itself, says nothing of the next disaster, so such a run never meets its objectives.
 */
export function protectionGaps(state: RunState): string[] {
  const { protection = null } = disasterOf(state) ?? {};
  if (protection === null || protection.reach === 'complete') return [];
  const said = inOneReason(protection.said);
  return protection.reach === 'incomplete'
    ? [
        `the log did not reach the second place when the disaster struck, so nothing but the moment bounded the loss (${said})`,
      ]
    : [`whether the log reached the second place when the disaster struck was not measured (${said})`];
}

/** Reasons are told apart by semicolons. */
function inOneReason(text: string): string {
  return text.replaceAll(';', ',');
}
