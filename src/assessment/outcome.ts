import { olderBackupOnly, type RunOutcome, type Verdict } from '../run/index.js';
import { entriesOf, lastOf } from './entries.js';
import type { Measures } from './measures.js';
import { protectionGapOf, protectionOf, rottenBackupsOf, standbyGapOf } from './protection.js';
import type { RunRecord } from './record.js';

export interface OutcomeFact {
  readonly status: RunOutcome | 'interrupted';
  /** As the run itself said when it ended; null without an end. */
  readonly saidVerdict: Verdict | null;
  readonly because: string;
  /** Computed again from ledger, rounds and marks. */
  readonly verdict: Verdict;
  readonly verdictBecause: string;
  readonly evidence: readonly number[];
}

export function outcomeOf(record: RunRecord, measures: Measures): OutcomeFact {
  const ended = lastOf(record.entries, 'run-ended');
  const { verdict, because } = verdictOf(record, measures);
  return {
    status: ended?.data.status ?? 'interrupted',
    saidVerdict: ended?.data.verdict ?? null,
    because: ended?.data.because ?? 'the journal has no end of the run',
    verdict,
    verdictBecause: because,
    evidence: ended ? [ended.seq] : [],
  };
}

/**
 * `met` only when service was verified within the RTO, the loss was measured and lies within the RPO, the run completed and
 * every critical acceptance check passed, nothing is still owed, and the protection was what it was taken for when the disaster struck:
 * without the log a loss within the RPO is the moment's doing, and without the newest backup an older one is luck. `missed` when a measured figure is over; else `inconclusive`.
 */
export function verdictOf(record: RunRecord, measures: Measures): { verdict: Verdict; because: string } {
  const { rtoMs, rpoMs } = record.plan.objectives;
  const [rta, rpa] = [measures.recoveryTime.durationMs.value, measures.loss.windowMs.value];
  const ended = lastOf(record.entries, 'run-ended');
  const protection = protectionOf(record);
  const gaps = [protectionGapOf(protection), standbyGapOf(protection)].filter((one) => one !== null);
  if (rta !== null && rta > rtoMs)
    return { verdict: 'missed', because: 'the recovery time is above the RTO' };
  if (rpa !== null && (rpa > rpoMs || (rpoMs === 0 && measures.loss.missing.length > 0)))
    return { verdict: 'missed', because: 'the data loss is above the RPO' };
  const open = [
    ...(rta === null ? ['the recovery time was not measured'] : []),
    ...(rpa === null ? ['the data loss was not measured'] : []),
    ...(ended?.data.status === 'completed' ? [] : ['the run did not complete']),
    ...measures.acceptance
      .filter((check) => check.critical && check.verdict !== 'pass')
      .map((check) => `critical check ${check.id} did not pass`),
    ...gaps,
    ...rottenBackupsOf(record)
      .slice(0, 1)
      .map(({ said }) => olderBackupOnly(said)),
    ...entriesOf(record.entries, 'obligation-opened').map(({ data }) => `still to do: ${data.text}`),
  ];
  return open.length > 0
    ? { verdict: 'inconclusive', because: open.join('; ') }
    : { verdict: 'met', because: 'recovery time within the RTO, data loss within the RPO' };
}
