import { tellEvent, type RunFeed } from '../run/index.js';
import { followEntries } from './follow-entries.js';

/** Version of the objects that `showJson` writes; a field is only ever added within one version. */
export const jsonEventVersion = 1;

/**
 * Writes one JSON object an event, each on a line of its own: `{v, seq, at, type, actor, data, word, level, text}`, where
 * `text` is the sentence of the plain view. Returns how to stop.
 */
export function showJson(
  feed: RunFeed,
  write: (text: string) => void,
  options: { readonly afterSeq?: number } = {},
): () => void {
  return followEntries(feed, options.afterSeq, (entry) => {
    const { word, level, text } = tellEvent(feed.plan, feed.state(), entry);
    const { seq, at, type, actor, data } = entry;
    write(`${JSON.stringify({ v: jsonEventVersion, seq, at, type, actor, data, word, level, text })}\n`);
  });
}
