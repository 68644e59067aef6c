import { listBackups, copySet, type ListedSet, type TrustedKeys } from '../../backup/index.js';
import { openLocalStore, type LocalStore } from '../../store/index.js';
import type { Lab } from '../lab.js';
import { readRules } from './network-rules.js';

/** The store of region B, which outlives region A. */
export function storeOfB(lab: Lab): LocalStore {
  return openLocalStore(lab.paths.backupsB);
}

/** Where sets are made and looked for: in region A, and in region B from the moment when A is given up. */
export function homeStore(lab: Lab): LocalStore {
  const isGivenUp = lab.state().doors !== undefined && readRules(lab.paths).fence !== null;
  return isGivenUp ? storeOfB(lab) : openLocalStore(lab.paths.backups);
}

/** Brings every set of region A that region B does not have into region B's store; resolves to their ids. */
export async function copyToB(lab: Lab, trusted: TrustedKeys): Promise<string[]> {
  const [from, to] = [openLocalStore(lab.paths.backups), storeOfB(lab)];
  const { sets } = await listBackups(from, trusted);
  const copied: ListedSet[] = [];
  for (const set of sets) {
    await copySet({ from, to, set });
    copied.push(set);
  }
  return copied.map((set) => set.id);
}
