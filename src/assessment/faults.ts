import { isJsonObject, type JsonObject } from '../base/index.js';
import type { EvidenceRef } from '../run/index.js';
import { catchesOf } from './catches.js';
import { entriesOf, firstOf } from './entries.js';
import type { RunRecord } from './record.js';
import type { StepFact } from './steps.js';
import type { TimeAxis } from './time-axis.js';

export interface FaultFact {
  readonly id: string;
  readonly inject: string;
  readonly sabotage: boolean;
  readonly describe: string;
  readonly result: 'injected' | 'failed' | 'not-injected';
  readonly groundTruth: JsonObject;
  readonly proof: JsonObject;
  readonly evidence: readonly EvidenceRef[];
  readonly momentMs: number | null;
  readonly at: string | null;
  /** For a sabotage: the entries in which a check or step turned red afterwards; null for a disruption. */
  readonly caughtBy: readonly number[] | null;
  /** What the runbook's steps found, against what was really damaged; null when the two cannot be compared. */
  readonly compared: {
    readonly found: readonly string[];
    readonly truth: readonly string[];
    readonly same: boolean;
  } | null;
  readonly seqs: readonly number[];
}

export function faultsOf(record: RunRecord, axis: TimeAxis, steps: readonly StepFact[]): FaultFact[] {
  return record.plan.faults.map((planned) => {
    const own = record.entries.filter((entry) => 'fault' in entry.data && entry.data.fault === planned.id);
    const started = firstOf(own, 'fault-started');
    const injected = firstOf(own, 'fault-injected');
    const caught =
      planned.sabotage && injected ? catchesOf(record, injected.seq, injected.data.groundTruth) : [];
    return {
      id: planned.id,
      inject: planned.inject,
      sabotage: planned.sabotage,
      describe: started?.data.describe ?? planned.inject,
      result: injected ? 'injected' : entriesOf(own, 'fault-failed').length > 0 ? 'failed' : 'not-injected',
      groundTruth: injected?.data.groundTruth ?? {},
      proof: injected?.data.proof ?? {},
      evidence: injected?.data.evidence ?? [],
      momentMs: injected ? axis.moment(injected).ms : null,
      at: injected?.at ?? null,
      caughtBy: planned.sabotage ? caught.map((one) => one.seq) : null,
      compared: injected && !planned.sabotage ? compare(injected.data.groundTruth, steps) : null,
      seqs: own.map((entry) => entry.seq),
    };
  });
}

/** Steps that say which relations were hit. */
const finders: readonly string[] = ['postgres.find-damage', 'postgres.find-transaction'];

function compare(groundTruth: JsonObject, steps: readonly StepFact[]): FaultFact['compared'] {
  const told = groundTruth['foundAs'];
  if (isJsonObject(told)) return compareOutput(told, steps);
  const truth = names(groundTruth, ['relations', 'relation', 'damaged']);
  const finder = steps.find(
    (step) => step.action !== null && finders.includes(step.action) && step.result === 'succeeded',
  );
  if (truth.length === 0 || !finder) return null;
  const found = names(finder.outputs, ['damaged', 'relations']);
  return { found, truth, same: JSON.stringify(found) === JSON.stringify(truth) };
}

/** The truth says itself in which output of which action it should be found: `{action, output, values}`. */
function compareOutput(told: JsonObject, steps: readonly StepFact[]): FaultFact['compared'] {
  const { action, output } = told;
  const truth = strings(told['values']);
  const finder = steps.find((step) => step.action === action && step.result === 'succeeded');
  if (truth.length === 0 || !finder || typeof output !== 'string') return null;
  const found = strings(finder.outputs[output]);
  return { found, truth, same: JSON.stringify(found) === JSON.stringify(truth) };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').sort() : [];
}

/** Relation names, without the schema that one side may leave out, sorted. */
function names(from: JsonObject, keys: readonly string[]): string[] {
  const value = keys.map((key) => from[key]).find((one) => one !== undefined && one !== null);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((one): one is string => typeof one === 'string');
  return [...new Set(texts.map((one) => one.replace(/^public\./, '')))].sort();
}
