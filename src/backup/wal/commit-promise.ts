/** What was promised about acknowledged commits that only the receiver of the log could have. */
export interface CommitPromise {
  /** Whether no commit was acknowledged before the receiver had it on disk: then none can be lost with the server. */
  readonly kept: boolean;
  readonly said: string;
}

/**
 * Reads `synchronous_standby_names` as it was in force (config.sgml: a list, or FIRST or ANY n of a list, `*` for whoever comes).
 * A receiver is sure to have every acknowledged commit only when the server waits for it in every case.
 */
export function commitPromise(names: string, receiver: string): CommitPromise {
  const match = /^\s*(?:(?:FIRST|ANY)\s+)?(?:(\d+)\s*\()?([^()]*)\)?\s*$/i.exec(names);
  const listed = (match?.[2] ?? '')
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '');
  if (listed.length === 0)
    return {
      kept: false,
      said: 'the server waited for nobody before it acknowledged a commit: the last ones may be lost',
    };
  const isListed = listed.some((name) => name.toLowerCase() === receiver.toLowerCase());
  const waitsForAll = Number(match?.[1] ?? 1) >= listed.length;
  if (isListed && waitsForAll)
    return {
      kept: true,
      said: `the server waited for ${receiver} before it acknowledged a commit: none may be lost`,
    };
  return {
    kept: false,
    said: `the server waited for "${names}", not surely for ${receiver}, before it acknowledged a commit: the last ones may be lost`,
  };
}
