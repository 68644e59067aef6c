import { backupOf, type BackupFact } from './backup-used.js';
import { controlsOf } from './controls.js';
import { decisionsOf, type DecisionFact } from './decisions.js';
import { deriveInputs } from './derive-inputs.js';
import type { Finding } from './finding.js';
import { findingsOf } from './findings.js';
import { formulaVersion } from './formulas.js';
import { measure, type Measures } from './measures.js';
import { outcomeOf, type OutcomeFact } from './outcome.js';
import { independenceOf, type IndependenceFact } from './people.js';
import type { RunRecord } from './record.js';
import type { ScoreInputs } from './score-inputs.js';
import { scoreFromInputs, type Score } from './score.js';

/** Everything that a report says about a run: plain data, the same for the same record. */
export interface Assessment {
  readonly formulaVersion: string;
  readonly runId: string;
  readonly outcome: OutcomeFact;
  readonly measures: Measures;
  readonly independence: IndependenceFact;
  readonly backup: BackupFact | null;
  readonly decisions: readonly DecisionFact[];
  readonly findings: readonly Finding[];
  readonly inputs: ScoreInputs;
  readonly score: Score;
}

/** The drill score of a run; the same as `assess(record).score`. Pass `measures` when they are at hand. */
export function score(record: RunRecord, measures: Measures = measure(record)): Score {
  return scoreFromInputs(rate(record, measures).inputs);
}

function rate(record: RunRecord, measures: Measures) {
  const independence = independenceOf(record);
  const controls = controlsOf(record, measures);
  const findings = findingsOf({ record, measures, independence, controls });
  return { independence, findings, inputs: deriveInputs(record, measures, independence, findings) };
}

export function assess(record: RunRecord): Assessment {
  const measures = measure(record);
  const { independence, findings, inputs } = rate(record, measures);
  const opened = record.entries.find((entry) => entry.type === 'run-opened');
  return {
    formulaVersion,
    runId: opened?.data.runId ?? 'not recorded',
    outcome: outcomeOf(record, measures),
    measures,
    independence,
    backup: backupOf(measures.steps),
    decisions: decisionsOf(record),
    findings,
    inputs,
    score: scoreFromInputs(inputs),
  };
}
