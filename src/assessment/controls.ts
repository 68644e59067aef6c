import type { Json } from '../base/index.js';
import { firstOf, lastOf } from './entries.js';
import type { Measures } from './measures.js';
import type { RunRecord } from './record.js';
import type { RequirementInput } from './score-inputs.js';
import type { StepFact } from './steps.js';

type Answer = Pick<RequirementInput, 'state' | 'note' | 'evidence' | 'approver'>;

interface Control {
  readonly id: string;
  readonly title: string;
  readonly decide: (record: RunRecord, measures: Measures) => Answer;
}

const byRule = 'the rule of this formula version';
const noSuch = 'not measured: nothing in the record shows it';

/** The eight controls of category S, each decided only from what the record shows; not measured is not met. */
const controls: readonly Control[] = [
  {
    id: 'backups-encrypted',
    title: 'Backups are encrypted',
    decide: (_record, { steps }) => fromOutput(steps, ['encrypted', 'encryption']),
  },
  {
    id: 'key-from-escrow',
    title: 'The key can be retrieved from escrow',
    decide: (_record, { steps }) => fromAction(steps, /escrow/) ?? fromOutput(steps, ['keyFromEscrow']),
  },
  { id: 'target-segregated', title: 'The restore target is segregated', decide: segregated },
  { id: 'no-secret', title: 'No secret is in the evidence', decide: noSecret },
  {
    id: 'least-privilege',
    title: 'The store’s writer has the least privilege',
    decide: (_record, { steps }) => fromAction(steps, /^store\..*(privilege|deni|attack)/) ?? notMet(noSuch),
  },
  { id: 'erasure-replay', title: 'Erasures are replayed after a restore', decide: erasures },
  { id: 'restored-destroyed', title: 'Restored data are destroyed after the drill', decide: destroyed },
  {
    id: 'malware-comparison',
    title: 'What was restored was compared for malware',
    decide: (_record, { steps }) => fromAction(steps, /malware|compare-code/) ?? notMet(noSuch),
  },
];

export function controlsOf(record: RunRecord, measures: Measures): RequirementInput[] {
  return controls.map(({ id, title, decide }) => {
    const answer = decide(record, measures);
    const unmeasured = answer.state === 'not-met' && answer.note.startsWith('not measured');
    return { id, title, provenance: unmeasured ? 'not-measured' : 'measured', ...answer };
  });
}

function met(note: string, evidence: readonly number[]): Answer {
  return { state: 'met', note, evidence };
}
function notMet(note: string, evidence: readonly number[] = []): Answer {
  return { state: 'not-met', note, evidence };
}

/** A successful step of a fitting action; a failed one is a measured no; none at all is undecided. */
function fromAction(steps: readonly StepFact[], action: RegExp): Answer | null {
  const fitting = steps.filter((step) => step.action !== null && action.test(step.action));
  const done = fitting.find((step) => step.result === 'succeeded' && step.how !== 'by-hand');
  if (done) return met(`step ${done.id} showed it`, done.seqs);
  const failed = fitting.find((step) => step.result === 'failed');
  return failed ? notMet(`step ${failed.id} failed`, failed.seqs) : null;
}

/** An output of that name of any succeeded step: every one must say so. */
function fromOutput(steps: readonly StepFact[], names: readonly string[]): Answer {
  const done = steps.filter((step) => step.result === 'succeeded');
  const saying = done.flatMap((step) =>
    names.flatMap((name) => {
      const value: Json | undefined = step.outputs[name];
      return value === undefined || value === null ? [] : [{ step, value }];
    }),
  );
  const no = saying.find(({ value }) => value === false || value === 'none' || value === '');
  if (no) return notMet(`step ${no.step.id} reported that it is not so`, no.step.seqs);
  const yes = saying[0];
  return yes ? met(`step ${yes.step.id} reported it`, yes.step.seqs) : notMet(noSuch);
}

function segregated(record: RunRecord, { steps }: Measures): Answer {
  const opened = firstOf(record.entries, 'environment-opened');
  if (opened?.data.kind === 'lab')
    return met('everything was restored inside a lab that the engine made and owns', [opened.seq]);
  const restored = steps.filter((step) => step.action === 'postgres.restore' && step.result === 'succeeded');
  if (restored.length === 0) return notMet('not measured: nothing was restored');
  const where = record.entries.filter(
    (entry) => entry.type === 'step-started' && restored.some((one) => one.id === entry.data.step),
  );
  const apart = where.every(
    (entry) =>
      entry.type === 'step-started' &&
      (entry.data.args['into'] === 'replacement' || entry.data.args['into'] === 'side'),
  );
  const seqs = where.map((entry) => entry.seq);
  return apart
    ? met('restored beside the damaged cluster, never over it', seqs)
    : notMet('restored in place', seqs);
}

/** A secret that the scan before sealing finds stops the seal: what is sealed has passed it. */
function noSecret({ entries }: RunRecord): Answer {
  const sealed = lastOf(entries, 'run-sealed');
  if (!sealed)
    return notMet('not measured: the evidence is scanned before sealing, and this record is not sealed');
  return met('the scan before sealing found none; a finding would have stopped it', [sealed.seq]);
}

/** Whether the environment's data are about people; null when its settings do not say. */
export function personalDataInScope({ plan }: RunRecord): boolean | null {
  const said = plan.environment.settings['personalData'];
  if (typeof said === 'boolean') return said;
  const sample =
    plan.environment.kind === 'lab' && (plan.environment.settings['from'] ?? 'sample') === 'sample';
  return sample ? false : null;
}

function erasures(record: RunRecord, { steps }: Measures): Answer {
  const scope = personalDataInScope(record);
  if (scope === false)
    return {
      state: 'not-applicable',
      note: 'no personal data in scope: the data are generated, or the settings say so',
      evidence: firstOf(record.entries, 'environment-opened')
        ? [firstOf(record.entries, 'environment-opened')?.seq ?? 0]
        : [],
      approver: byRule,
    };
  const replayed = fromAction(steps, /^privacy\.replay-erasures$/);
  if (replayed) return replayed;
  return notMet(
    scope === null
      ? 'not measured: the settings do not say whether personal data are in scope'
      : 'personal data are in scope and no erasures were replayed',
  );
}

function destroyed({ plan, entries }: RunRecord): Answer {
  if (plan.mode === 'live')
    return {
      state: 'not-applicable',
      note: 'a live recovery keeps what it restored: it is the service',
      evidence: [],
      approver: byRule,
    };
  const closed = lastOf(entries, 'environment-closed');
  if (!closed) return notMet('not measured: the environment was not closed');
  const { leftovers, kept = [] } = closed.data;
  if (leftovers.length > 0) return notMet(`left over: ${leftovers.join(', ')}`, [closed.seq]);
  // What stays on purpose is owed by nobody, and still holds what was restored.
  if (kept.length > 0) return notMet(`kept on purpose: ${kept.join('; ')}`, [closed.seq]);
  if (closed.data.destroyed !== undefined) {
    const { files } = closed.data.destroyed;
    return met(
      `${files} files with restored data were removed; none is left, and their list is in the record`,
      [closed.seq],
    );
  }
  return met('the environment was closed and nothing was left over', [closed.seq]);
}
