import type { Session } from './session.js';

export interface ChecksumFailures {
  /** Whether the cluster has checksums at all; without them a count of 0 means nothing. */
  readonly enabled: boolean;
  /** Failures counted since the statistics were last reset, shared relations included; null without checksums. */
  readonly failures: number | null;
  readonly lastFailure: string | null;
}

/** What the server itself has noticed while reading. Silence here is no proof: pages nobody read are not checked. */
export async function checksumFailures(session: Session, database?: string): Promise<ChecksumFailures> {
  const [row] = await session.query(
    `select current_setting('data_checksums') = 'on' as enabled,
            sum(checksum_failures)::int8 as failures, max(checksum_last_failure)::text as last
       from pg_stat_database where datname is null or datname = coalesce($1::text, current_database())`,
    [database ?? null],
  );
  const enabled = row?.['enabled'] === true;
  const last = row?.['last'];
  return {
    enabled,
    failures: enabled ? Number(row['failures'] ?? 0) : null,
    lastFailure: typeof last === 'string' ? last : null,
  };
}
