import type { JsonObject } from '../base/index.js';
import type { Actor, Entry, EntryOf, PromptKind } from '../run/index.js';
import { entriesOf } from './entries.js';

/** One thing that was asked, and what became of it. */
export interface PromptFact {
  readonly prompt: string;
  readonly kind: PromptKind;
  readonly step: string | null;
  readonly role: string | null;
  readonly text: string;
  readonly opened: EntryOf<'prompt-opened'>;
  /** The answer or the withdrawal; undefined while open at the end of the journal. */
  readonly closed: EntryOf<'prompt-answered'> | EntryOf<'prompt-withdrawn'> | undefined;
  readonly answer: JsonObject | null;
  readonly reason: string | null;
  readonly answeredBy: 'person' | 'scripted' | 'nobody';
  readonly answerer: Actor | null;
  readonly overdue: boolean;
}

export function promptsOf(entries: readonly Entry[]): PromptFact[] {
  return entriesOf(entries, 'prompt-opened').map((opened) => {
    const after = entries.filter((entry) => entry.seq > opened.seq);
    const closed = after.find(
      (entry): entry is EntryOf<'prompt-answered'> | EntryOf<'prompt-withdrawn'> =>
        (entry.type === 'prompt-answered' || entry.type === 'prompt-withdrawn') &&
        entry.data.prompt === opened.data.prompt,
    );
    const answer = closed?.type === 'prompt-answered' ? closed : undefined;
    return {
      prompt: opened.data.prompt,
      kind: opened.data.kind,
      step: opened.data.step,
      role: opened.data.role,
      text: opened.data.text,
      opened,
      closed,
      answer: answer?.data.answer ?? null,
      reason: answer?.data.reason ?? null,
      answeredBy: answer === undefined ? 'nobody' : answer.actor.kind === 'scripted' ? 'scripted' : 'person',
      answerer: answer?.actor ?? null,
      overdue: entriesOf(after, 'prompt-overdue').some((entry) => entry.data.prompt === opened.data.prompt),
    };
  });
}
