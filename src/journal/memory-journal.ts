import type { Clock } from '../base/index.js';
import type { Actor, Entry, RunEvent } from '../run/index.js';
import type { Journal } from './journal.js';
import { encodeLine, firstPrev } from './wire.js';

export interface MemoryJournal extends Journal {
  /** The bytes a file journal would hold. */
  readonly text: string;
}

/** A journal that forgets: for tests. `earlier` is the journal that this one takes up, in a new session. */
export function memoryJournal(options: {
  readonly session: string;
  readonly clock: Clock;
  readonly earlier?: Pick<MemoryJournal, 'entries' | 'head' | 'text'>;
}): MemoryJournal {
  const entries: Entry[] = [...(options.earlier?.entries ?? [])];
  let head = options.earlier?.head ?? firstPrev;
  let text = options.earlier?.text ?? '';
  let closed = false;
  const append = (event: RunEvent, actor: Actor): Entry => {
    if (closed) throw new Error('append to a closed journal');
    const at = new Date(options.clock.now()).toISOString();
    const stamp = {
      seq: (entries.at(-1)?.seq ?? 0) + 1,
      prev: head,
      at,
      mono: options.clock.mono(),
      session: options.session,
    };
    const line = encodeLine(stamp, event, actor);
    text += line.text;
    head = line.sha256;
    entries.push(line.entry);
    return line.entry;
  };
  return {
    entries,
    get head() {
      return head;
    },
    get text() {
      return text;
    },
    append: async (event, actor) => Promise.resolve().then(() => append(event, actor)),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}
