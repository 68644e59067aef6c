import type { JsonObject } from '../base/index.js';
import type { PromptKind } from '../run/index.js';
import { promptsOf } from './prompts.js';
import type { RunRecord } from './record.js';

/** Something somebody decided or reported: what was asked, what the answer was, whose it was. */
export interface DecisionFact {
  readonly kind: PromptKind;
  readonly step: string | null;
  readonly text: string;
  readonly suggest: string | null;
  readonly answer: JsonObject | null;
  readonly reason: string | null;
  readonly by: string;
  readonly scripted: boolean;
  readonly at: string | null;
  readonly evidence: readonly number[];
}

export function decisionsOf(record: RunRecord): DecisionFact[] {
  return promptsOf(record.entries).map((prompt) => ({
    kind: prompt.kind,
    step: prompt.step,
    text: prompt.text,
    suggest: prompt.opened.data.suggest,
    answer: prompt.answer,
    reason: prompt.reason,
    by:
      prompt.answerer?.kind === 'person'
        ? prompt.answerer.name
        : prompt.answerer?.kind === 'scripted'
          ? 'scripted operator'
          : prompt.closed
            ? 'nobody: withdrawn'
            : 'nobody: still open',
    scripted: prompt.answeredBy === 'scripted',
    at: prompt.closed?.at ?? null,
    evidence: [prompt.opened.seq, ...(prompt.closed ? [prompt.closed.seq] : [])],
  }));
}
