import { formatDuration, type Json, type JsonObject } from '../base/index.js';
import type { StepFact } from './steps.js';

/** The backup that the recovery came back from, as the restoring and choosing steps reported it. */
export interface BackupFact {
  readonly id: string;
  /** What the steps reported about it, name by name; what none of them reported is `not reported`. */
  readonly facts: readonly { readonly name: string; readonly value: Json }[];
  readonly evidence: readonly number[];
}

const wanted = [
  ['taken', ['takenAt', 'stoppedAt', 'startedAt']],
  ['verified', ['verifiedAt']],
  ['size, bytes', ['sizeBytes', 'bytes']],
  ['hash of its manifest', ['manifestSha256', 'sha256', 'hash']],
  ['place', ['store', 'place', 'location', 'directory']],
  ['encryption', ['encryption', 'encrypted']],
  ['passed over', ['passedOver', 'rejected']],
  ['recovered to', ['recoveredTo']],
] as const;

export function backupOf(steps: readonly StepFact[]): BackupFact | null {
  const telling = steps.filter(
    (step) =>
      (step.action === 'postgres.restore' || step.action === 'postgres.usable-backup') &&
      step.result === 'succeeded',
  );
  const restored = telling.find((step) => step.action === 'postgres.restore' && 'backup' in step.outputs);
  const id = restored?.outputs['backup'];
  if (restored === undefined || id === undefined || id === null) return null;
  const about = telling.filter((step) => step.outputs['backup'] === id);
  const all: JsonObject = Object.assign({}, ...about.map((step) => step.outputs)) as JsonObject;
  return {
    id: typeof id === 'string' ? id : JSON.stringify(id),
    facts: [
      { name: 'age when the restore began', value: ageOf(all['takenAt'], restored.startedAt) },
      { name: 'how it was chosen', value: telling[0]?.describe ?? 'not reported' },
      ...wanted.map(([name, keys]) => ({
        name,
        value: spoken(keys.map((key) => all[key]).find((one) => one !== undefined)),
      })),
    ],
    evidence: about.flatMap((step) => step.seqs),
  };
}

/** What a step reported as null or as an empty list is none; what it did not report at all is not reported. */
function spoken(value: Json | undefined): Json {
  if (value === undefined) return 'not reported';
  return value === null || (Array.isArray(value) && value.length === 0) ? 'none' : value;
}

function ageOf(takenAt: Json | undefined, startedAt: string | null): string {
  if (typeof takenAt !== 'string' || startedAt === null) return 'not reported';
  const ms = Date.parse(startedAt) - Date.parse(takenAt);
  return Number.isNaN(ms) ? 'not reported' : formatDuration(ms);
}
