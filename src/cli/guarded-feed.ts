import type { Redactor } from '../evidence/index.js';
import type { OperatorInput, RunFeed } from '../run/index.js';

/** The same feed, but what people type is looked at first: a journal is never rewritten, so a secret must not get into it. */
export function guardedFeed(feed: RunFeed, redactor: Redactor): RunFeed {
  return {
    ...feed,
    submit: (input) => {
      const kinds = redactor.scan(typed(input));
      if (kinds.length === 0) return feed.submit(input);
      const why = `what was typed holds a secret (${kinds.join(', ')}), and the record is kept for ever`;
      return Promise.resolve({
        accepted: false,
        why,
        hint: 'Say it without the secret; nothing was recorded.',
      });
    },
  };
}

function typed(input: OperatorInput): string {
  switch (input.kind) {
    case 'answer':
      return `${Object.values(input.answer).map(String).join('\n')}\n${input.reason ?? ''}`;
    case 'note':
      return input.text;
    case 'release':
      return '';
    default:
      return input.reason;
  }
}
