import type { Plan } from '../language/index.js';
import type { Entry } from '../run/index.js';

/** A line of the sentinel's ledger, as read back. Lines are chained like the journal's. */
export type LedgerLine = {
  readonly v: 1;
  readonly seq: number;
  readonly prev: string;
  readonly at: string;
} & (
  | { readonly kind: 'opened'; readonly resolutionMs: number; readonly pid: number }
  /** A canary row whose commit the client saw acknowledged. */
  | { readonly kind: 'commit'; readonly id: number; readonly latencyMs: number }
  | {
      readonly kind: 'state';
      readonly what: 'write' | 'read' | 'application';
      readonly state: 'ok' | 'failing';
      readonly detail: string;
    }
  | { readonly kind: 'closed'; readonly reason: string }
);

/** One evidence file as found on disk. */
export interface EvidenceFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** All that figures are computed from: read from a record's folder, checked, then plain data. */
export interface RunRecord {
  readonly plan: Plan;
  readonly planSha256: string;
  readonly entries: readonly Entry[];
  /** SHA-256 of the journal's last line. */
  readonly head: string;
  readonly ledger: readonly LedgerLine[];
  /** Canary ids present after recovery, from the evidence of the last `survivors-listed`; null when there is none. */
  readonly survivors: readonly number[] | null;
  readonly evidence: readonly EvidenceFile[];
}
