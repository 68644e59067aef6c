import type { BackupPolicy } from '../backup/index.js';
import type { LabState } from './lab-state.js';
import { samplePolicy, sampleRoles } from './sample/index.js';
import { seededRoles } from './seed/seed.js';

/** Who the lab's application and observer connect as. */
export function labRoles({ seed }: Pick<LabState, 'seed'>): {
  readonly application: string;
  readonly sentinel: string;
} {
  return seed === undefined ? sampleRoles : seededRoles;
}

/** What is known about the lab's tables. */
export function labPolicy({ seed }: Pick<LabState, 'seed'>): BackupPolicy {
  return seed === undefined ? samplePolicy : seed.policy;
}
