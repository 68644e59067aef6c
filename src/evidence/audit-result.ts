/** Stable names of what an audit can find; each says one thing only. */
export type AuditCode =
  | 'entry-altered'
  | 'entry-missing'
  | 'journal-torn'
  | 'journal-short'
  | 'entries-after-seal'
  | 'plan-changed'
  | 'evidence-missing'
  | 'evidence-changed'
  | 'evidence-swapped'
  | 'evidence-list-differs'
  | 'survivors-unreadable'
  | 'ledger-altered'
  | 'ledger-short'
  | 'file-missing'
  | 'file-changed'
  | 'file-unreadable'
  | 'unlisted-file'
  | 'not-a-regular-file'
  | 'report-differs'
  | 'score-differs'
  | 'not-computable'
  | 'statement-altered'
  | 'envelope-altered'
  | 'key-altered'
  | 'signature-bad'
  | 'key-unknown'
  | 'unsealed'
  | 'unsigned'
  | 'register-broken'
  | 'register-lacks-run'
  | 'register-differs';

export interface AuditFinding {
  readonly code: AuditCode;
  readonly file?: string;
  /** The journal entry, or the line of the ledger or register, it is about. */
  readonly seq?: number;
  readonly text: string;
}

export interface AuditOptions {
  /** Path of an allowed_signers file: whose keys count. */
  readonly trust?: string;
  /** Hash of some entry, or its first 12 or more hex digits, as somebody noted it outside of the record. */
  readonly expectHead?: string;
  /** Path of the register; default: `register.jsonl` beside the folder, when there is one. */
  readonly register?: string;
}

/**
 * `draft`: not sealed or not signed. `untrusted`: nothing was changed since a signature, but `--trust` does not name its key.
 * `tampered` wins over both.
 */
export type AuditVerdict = 'intact' | 'untrusted' | 'draft' | 'tampered';

export interface PersonSignature {
  readonly file: string;
  readonly status: 'trusted' | 'unknown-key' | 'bad' | 'not-checked';
  readonly principal: string | null;
}

export interface AuditResult {
  readonly folder: string;
  readonly verdict: AuditVerdict;
  readonly runId: string | null;
  /** SHA-256 of the journal's last line. */
  readonly head: string;
  readonly entries: number;
  readonly findings: readonly AuditFinding[];
  /** What this audit did not, or cannot, show; whole sentences without a full stop. */
  readonly notProven: readonly string[];
  readonly signer: {
    readonly keyId: string | null;
    /** `none`: no good signature. `unverified`: a good one, and nobody said whose key it is. */
    readonly status: 'none' | 'unverified' | 'unknown-key' | 'trusted';
    readonly principal: string | null;
  };
  readonly people: readonly PersonSignature[];
  readonly renderings: 'same-bytes' | 'figures-agree' | 'differ' | 'not-checked';
  /** Runs that the register names and whose folders are not beside it. */
  readonly missingRuns: readonly string[];
  readonly exit: 0 | 1;
}

/** What one part of an audit has to say. */
export interface Part {
  readonly findings: readonly AuditFinding[];
  readonly notProven: readonly string[];
}

export function verdictOf(findings: readonly AuditFinding[]): AuditVerdict {
  const rest = findings.filter(
    ({ code }) => code !== 'unsealed' && code !== 'unsigned' && code !== 'key-unknown',
  );
  if (rest.length > 0) return 'tampered';
  if (findings.some(({ code }) => code !== 'key-unknown')) return 'draft';
  return findings.length > 0 ? 'untrusted' : 'intact';
}
