import type { Entry, RunFeed } from '../run/index.js';

/** Hands over every entry once and in order: those there are already, then each new one. `afterSeq`: told in an earlier session. */
export function followEntries(
  feed: RunFeed,
  afterSeq: number | undefined,
  tell: (entry: Entry) => void,
): () => void {
  let last = afterSeq ?? -1;
  const catchUp = (): void => {
    for (const entry of feed.entries()) {
      if (entry.seq <= last) continue;
      last = entry.seq;
      tell(entry);
    }
  };
  catchUp();
  return feed.subscribe(({ entry }) => {
    if (entry === null || entry.seq <= last) return;
    if (entry.seq > last + 1) {
      catchUp();
      return;
    }
    last = entry.seq;
    tell(entry);
  });
}
