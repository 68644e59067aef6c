import type { ReadinessRun } from './readiness-run.js';

/** A runbook of the programme. */
export interface ReadinessScenario {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly file: string;
}

/** A backup as its signed manifest tells of it. Times UTC. */
export interface ReadinessSet {
  readonly id: string;
  readonly policy: string;
  readonly environment: string;
  readonly store: string;
  readonly takenAt: string;
  /** Of the cluster when it was backed up. */
  readonly clusterBytes: number;
  /** By a note of a trusted key; null: never. */
  readonly verifiedAt: string | null;
}

/**
 * One execution of a command, as this machine saw it. An observation, no evidence: nobody signed it and nothing is chained.
 * `lost`: it began, has no end, and its process is gone. `refused`: a guard or a missing confirmation stopped it.
 * `not-run`: the command line was wrong.
 */
export interface JobObservation {
  readonly id: string;
  readonly job: 'backup' | 'verify' | 'restore';
  readonly environment: string;
  readonly environmentKind: 'lab' | 'declared';
  readonly policies: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'refused' | 'interrupted' | 'lost' | 'running' | 'not-run';
  readonly set: string | null;
  /** Of a verification: whether all eight tests were asked for. */
  readonly full: boolean;
}

/** What the approver said; nobody but who typed the command vouches for it. */
export interface Approval {
  readonly approver: string;
  readonly conditions: readonly string[];
  /** When (UTC), and the account that typed it. */
  readonly at: string;
  readonly typedBy: string;
  /** What was looked at to tell that they neither wrote nor ran it, in words. */
  readonly independence: string;
}

/** Everything that readiness is a function of. */
export interface ReadinessInputs {
  readonly programme: string;
  /** When it is asked for (UTC); every period ends here. */
  readonly at: string;
  readonly scenarios: readonly ReadinessScenario[];
  /** Records that are sealed and audit as intact. */
  readonly runs: readonly ReadinessRun[];
  /** Whether somebody said whose signatures on them count. */
  readonly signersTrusted: boolean;
  /** Records that are not believed, or not there; `at` null: nobody knows when they were made. */
  readonly rejected: readonly { readonly record: string; readonly at: string | null; readonly why: string }[];
  readonly placeholders: readonly { readonly file: string; readonly place: string; readonly text: string }[];
  readonly policies: readonly {
    readonly name: string;
    readonly environment: string;
    readonly intervalMs: number;
  }[];
  readonly sets: readonly ReadinessSet[];
  /** Stores that could not be read, and why. */
  readonly unread: readonly { readonly what: string; readonly why: string }[];
  readonly jobs: readonly JobObservation[];
  readonly approval: Approval | null;
}

export type ReadinessKey = 'scripts' | 'documentation' | 'objectives' | 'automation' | 'security';

/** One line of a category's working. */
export interface ReadinessLine {
  readonly id: string;
  readonly value: string;
  /** 0..100 in itself, or what it takes off (negative); null: shown only. */
  readonly points: number | null;
  /** False: there was no evidence, and it counts 0. */
  readonly measured: boolean;
  /** What it rests on, a line each: `run <id>, entries 3, 4` · `job <id>` · `manifest <set> in <store>` · `document <file>`. */
  readonly sources: readonly string[];
}

export interface ReadinessWorking {
  readonly key: ReadinessKey;
  readonly title: string;
  readonly formula: string;
  /** 0..100, not rounded. */
  readonly points: number;
  readonly inputs: readonly ReadinessLine[];
}

/** The six disasters; one that a programme has no runbook for was never drilled, and it is not ready. */
export const sixScenarios: readonly string[] = [
  'database-corruption',
  'server-failure',
  'data-deletion',
  'ransomware',
  'datacenter-outage',
  'performance-degradation',
];

/** Of the six, those that the programme has no runbook for. */
export function withoutRunbook(scenarios: readonly Pick<ReadinessScenario, 'id'>[]): string[] {
  const known = new Set(scenarios.map((one) => one.id));
  return sixScenarios.filter((id) => !known.has(id));
}

export function fromRun(run: Pick<ReadinessRun, 'runId'>, entries: readonly number[]): string {
  return entries.length === 0
    ? `run ${run.runId}`
    : `run ${run.runId}, entries ${[...new Set(entries)].join(', ')}`;
}

export function line(
  id: string,
  value: string,
  points: number | null,
  sources: readonly string[],
): ReadinessLine {
  return { id, value, points, measured: true, sources };
}

/** Without evidence: it counts 0, and says so. */
export function unmeasured(id: string, why: string, sources: readonly string[] = []): ReadinessLine {
  return { id, value: `not measured: ${why}`, points: 0, measured: false, sources };
}
