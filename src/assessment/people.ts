import type { Actor, Entry } from '../run/index.js';
import { entriesOf } from './entries.js';
import { promptsOf } from './prompts.js';
import type { RunRecord } from './record.js';
import { plannedSteps } from './walk-steps.js';

export interface PersonFact {
  readonly role: string;
  readonly title: string;
  readonly name: string | null;
  /** Entries that this person made. */
  readonly seqs: readonly number[];
}

/** Who took part, and whether anybody independent looked on. */
export interface IndependenceFact {
  readonly people: readonly PersonFact[];
  readonly observer: PersonFact | null;
  readonly scriptedAnswers: number;
  readonly independent: boolean;
  readonly why: string;
  readonly evidence: readonly number[];
}

const commander = 'incident-commander';
/** The role that signs a run off, where a plan has one. */
const signer = 'approver';

/**
 * Independent means: people answered; an observer who holds no other role left at least one entry; whoever signs the run off
 * neither commands nor executes; and nobody approved a step that they carried out themselves, or alone by breaking the glass.
 */
export function independenceOf(record: RunRecord): IndependenceFact {
  const { plan, entries } = record;
  const names = new Map(Object.entries(plan.people).map(([role, person]) => [role, person.name]));
  for (const bound of entriesOf(entries, 'roles-bound'))
    for (const [role, person] of Object.entries(bound.data.people)) names.set(role, person.name);
  const people = Object.entries(plan.roles).map(([role, { title }]) => {
    const name = names.get(role) ?? null;
    return { role, title, name, seqs: seqsBy(entries, name, role) };
  });
  const watcher = plan.observer?.name ?? names.get('observer');
  const observer =
    watcher === undefined
      ? null
      : { role: 'observer', title: 'Observer', name: watcher, seqs: seqsBy(entries, watcher, 'observer') };
  const scripted = entries.filter((entry) => entry.actor.kind === 'scripted');
  const doubts = doubtsOf(record, names, observer);
  if (plan.unattended || scripted.length > 0)
    doubts.unshift({
      why: 'nobody independent took part (scripted operator)',
      evidence: scripted.map((entry) => entry.seq).slice(0, 5),
    });
  return {
    people,
    observer,
    scriptedAnswers: scripted.filter((entry) => entry.type === 'prompt-answered').length,
    independent: doubts.length === 0,
    why:
      doubts.length === 0
        ? `${observer?.name ?? ''} observed, held no other role, and nobody approved their own work`
        : doubts.map((doubt) => doubt.why).join('; '),
    evidence: doubts.length === 0 ? (observer?.seqs ?? []) : doubts.flatMap((doubt) => doubt.evidence),
  };
}

type Doubt = { readonly why: string; readonly evidence: readonly number[] };

function doubtsOf(
  { plan, entries }: RunRecord,
  names: ReadonlyMap<string, string>,
  observer: PersonFact | null,
): Doubt[] {
  const doubts: Doubt[] = [];
  const add = (why: string, evidence: readonly number[] = []) => doubts.push({ why, evidence });
  const steps = plannedSteps(plan);
  const participants = [...names].filter(([role]) => role !== 'observer');
  if (!observer) add('no independent observer');
  else {
    const also = participants.find(([, name]) => name === observer.name);
    if (also) add(`the observer ${observer.name ?? ''} also is ${also[0]}`);
    if (observer.seqs.length === 0) add('an observer is named, but left no entry in the journal');
  }
  const executors = new Set(steps.flatMap(({ step }) => (step.role === undefined ? [] : [step.role])));
  const signing = names.get(signer);
  const conflicting = participants.find(
    ([role, name]) => role !== signer && name === signing && (role === commander || executors.has(role)),
  );
  if (signing !== undefined && conflicting) add(`the approver ${signing} also is ${conflicting[0]}`);
  for (const prompt of promptsOf(entries).filter((one) => one.kind === 'approve')) {
    const [step, by] = [steps.find((one) => one.step.id === prompt.step)?.step, prompt.answerer];
    if (by?.kind !== 'person' || !prompt.closed) continue;
    const executor = step?.role === undefined ? undefined : names.get(step.role);
    if (prompt.answer?.['breakGlass'] === true)
      add(`${by.name} went on alone with ${prompt.step ?? 'a step'}`, [prompt.closed.seq]);
    else if (prompt.answer?.['approve'] === true && by.name === executor)
      add(`${by.name} approved ${prompt.step ?? 'a step'} and carried it out`, [prompt.closed.seq]);
  }
  return doubts;
}

/** What a person entered: by their name, or in their role where nobody gave a name. */
function seqsBy(entries: readonly Entry[], name: string | null, role: string): number[] {
  const theirs = (actor: Actor) =>
    actor.kind === 'person' && (name === null ? actor.role === role : actor.name === name);
  return entries.filter((entry) => theirs(entry.actor)).map((entry) => entry.seq);
}
