import type { Journal } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import { evolve, fold, type Actor, type Entry, type RunEvent, type RunState } from '../run/index.js';

export interface Fact {
  readonly event: RunEvent;
  readonly actor: Actor;
}

export const engine: Actor = { kind: 'engine' };

export function byEngine(event: RunEvent): Fact {
  return { event, actor: engine };
}

/** The only way into the journal: one at a time, durable first, then folded, then published. */
export interface Recorder {
  readonly state: () => RunState;
  readonly head: () => string;
  readonly entries: () => readonly Entry[];
  /**
   * Appends what `build` makes of the newest state, with nothing in between. Rejects for ever once an append was refused: what
   * cannot be recorded must not happen.
   */
  readonly record: (build: (state: RunState) => readonly Fact[]) => Promise<readonly Entry[]>;
  /** Why nothing can be recorded any more; null while all is well. */
  readonly broken: () => { readonly error: unknown } | null;
  /** No further entry, because this engine gives the run up. */
  readonly shut: (error: unknown) => void;
}

export interface RecorderHooks {
  /** After each entry, once it is durable and folded. */
  readonly published: (entry: Entry) => void;
  /** Once, when an append was refused. */
  readonly broke: () => void;
}

export function makeRecorder(plan: Plan, journal: Journal, hooks: RecorderHooks): Recorder {
  let state = fold(plan, hashed(journal));
  let broken: { readonly error: unknown } | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const append = async (fact: Fact): Promise<Entry> => {
    try {
      const entry = await journal.append(fact.event, fact.actor);
      state = evolve(plan, state, entry, journal.head);
      hooks.published(entry);
      return entry;
    } catch (error) {
      broken ??= { error };
      hooks.broke();
      throw error;
    }
  };
  const write = async (build: (state: RunState) => readonly Fact[]): Promise<readonly Entry[]> => {
    if (broken !== null) throw broken.error;
    const entries: Entry[] = [];
    for (const fact of build(state)) entries.push(await append(fact));
    return entries;
  };
  return {
    state: () => state,
    head: () => journal.head,
    entries: () => journal.entries,
    broken: () => broken,
    shut: (error) => {
      broken ??= { error };
    },
    record: (build) => {
      const turn = queue.then(() => write(build));
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Each entry with the hash of its line, which is what the line after it names as `prev`. */
function* hashed(journal: Journal): Generator<{ entry: Entry; sha256: string }> {
  for (const [index, entry] of journal.entries.entries())
    yield { entry, sha256: journal.entries[index + 1]?.prev ?? journal.head };
}
