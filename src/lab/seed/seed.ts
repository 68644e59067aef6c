import type { BackupPolicy, TrustedKeys } from '../../backup/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';

/** Where a lab gets the organisation's own data from. Everything of it is read, nothing is written. */
export interface LabSeed {
  /** As the drill or the configuration names it: a store or a policy. */
  readonly from: string;
  /** The declared environment whose backups lie there. */
  readonly environment: string;
  readonly stores: readonly { readonly name: string; readonly store: Store }[];
  /** Throws when the keys cannot be read. */
  trusted(): TrustedKeys;
  /** Identity files of age, for encrypted sets. */
  readonly identities: readonly string[];
  /** The receiver's folder, where it is on this machine. */
  readonly walDirectory: string | null;
  /** Account and database of the origin, and the passfile that knows its password; it is never connected to. */
  readonly origin: ClusterLocation;
  readonly policy: BackupPolicy;
  /** The relation that the sentinel reads whole; null: none. */
  readonly probe: string | null;
}

/** What `lab.json` keeps of it. */
export interface SeedState {
  readonly user: string;
  readonly database: string;
  readonly policy: BackupPolicy;
  readonly probe: string | null;
  /** Null until it has been restored. */
  readonly origin: SeedOrigin | null;
}

/** Which backup the lab's data come from. */
export interface SeedOrigin {
  readonly from: string;
  readonly environment: string;
  readonly store: string;
  readonly set: string;
  /** When the set was complete (UTC). */
  readonly takenAt: string;
  /** Of the cluster when it was backed up, as its manifest says. */
  readonly bytes: number;
  /** The same of the newest backup that was listed, usable or not: the size of production. Absent in labs made before it was kept. */
  readonly productionBytes?: number;
  readonly recoveredTo: string;
  /** Newer sets that could not be used, and why. */
  readonly passedOver: readonly string[];
  /** What was switched off so that the copy harms nobody, in words. */
  readonly switchedOff: readonly string[];
}

/** Roles of a seeded lab's own application and observer; made in the copy, with passwords of its own. */
export const seededRoles = {
  application: 'firedrill_application',
  sentinel: 'firedrill_sentinel',
} as const;
