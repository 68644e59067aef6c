import { firstOf, lastOf } from './entries.js';
import { measured, notMeasured, type Measured } from './measured.js';
import type { LedgerLine, RunRecord } from './record.js';

type Commit = Extract<LedgerLine, { kind: 'commit' }>;

/** Data loss, counted: every commit the sentinel saw acknowledged against what is there after recovery. */
export interface LossFact {
  /** From the last recovered commit before the first missing one to the last missing one, ms; 0 when none is missing. */
  readonly windowMs: Measured<number>;
  /** How finely the ledger samples, ms; null without an observer. */
  readonly resolutionMs: number | null;
  readonly acknowledged: number | null;
  readonly missing: readonly number[];
  /** Present, though no client ever saw them acknowledged: listed, not counted. */
  readonly unacknowledged: readonly number[];
  /** Where the `survivors-listed` entry says otherwise than ledger and list. */
  readonly disagreements: readonly string[];
}

/**
 * Computed from the ledger's lines up to the head that the last `survivors-listed` entry names, and from the list of ids in
 * its evidence; never from the numbers in the entry, which are only compared.
 */
export function lossOf(record: RunRecord): LossFact {
  const observer = firstOf(record.entries, 'observer-started');
  const listed = lastOf(record.entries, 'survivors-listed');
  const none = (why: string, evidence: readonly number[] = []): LossFact => ({
    windowMs: notMeasured(why, evidence),
    resolutionMs: observer?.data.resolutionMs ?? null,
    acknowledged: null,
    missing: [],
    unacknowledged: [],
    disagreements: [],
  });
  if (!observer) return none('no observer watched this run');
  if (!listed) {
    const not = lastOf(record.entries, 'survivors-not-listed');
    return none(
      not
        ? `the surviving commits could not be listed: ${not.data.reason}`
        : 'the surviving commits were never listed',
      not ? [not.seq] : [observer.seq],
    );
  }
  if (record.survivors === null)
    return none('the list of surviving commits is not in the evidence', [listed.seq]);
  const head = listed.data.ledger.seq;
  if (!record.ledger.some((line) => line.seq === head))
    return none(`the ledger has no line ${head}, which the list was taken at`, [listed.seq]);
  const commits = record.ledger.filter((line): line is Commit => line.kind === 'commit' && line.seq <= head);
  if (commits.length === 0) return none('no commit was acknowledged, so none could be lost', [listed.seq]);
  const present = new Set(record.survivors);
  const missing = commits.filter((commit) => !present.has(commit.id));
  const acknowledged = new Set(commits.map((commit) => commit.id));
  // Later ids were written after the head was taken: they say nothing.
  const greatest = commits.reduce((most, commit) => Math.max(most, commit.id), -1);
  const windowMs = windowOf(commits, missing, present, record.ledger);
  const unacknowledged = [...present]
    .filter((id) => id <= greatest && !acknowledged.has(id))
    .sort((a, b) => a - b);
  const fact = {
    windowMs: measured(
      windowMs,
      [observer.seq, listed.seq],
      'ledger compared with the list of surviving commits',
    ),
    resolutionMs: observer.data.resolutionMs,
    acknowledged: commits.length,
    missing: missing.map((commit) => commit.id),
    unacknowledged,
  };
  const said = listed.data;
  const compare = (name: string, entry: number, computed: number, tolerance = 0) =>
    Math.abs(entry - computed) > tolerance
      ? [`${name}: the entry says ${entry}, ledger and list give ${computed}`]
      : [];
  return {
    ...fact,
    disagreements: [
      ...compare('acknowledged', said.acknowledged, commits.length),
      ...compare('present', said.present, commits.length - missing.length),
      ...compare('missing', said.missing, missing.length),
      ...compare('unacknowledged', said.unacknowledged, unacknowledged.length),
      ...compare('window in ms', said.windowMs, windowMs, 1),
    ],
  };
}

function windowOf(
  commits: readonly Commit[],
  missing: readonly Commit[],
  present: ReadonlySet<number>,
  ledger: readonly LedgerLine[],
): number {
  const [first, last] = [missing[0], missing.at(-1)];
  if (!first || !last) return 0;
  const recovered = commits.filter((commit) => commit.seq < first.seq && present.has(commit.id)).at(-1);
  // Nothing recovered before the first loss: then everything since the ledger was opened is the window.
  const since = recovered ?? ledger[0] ?? first;
  return Math.max(0, Date.parse(last.at) - Date.parse(since.at));
}
