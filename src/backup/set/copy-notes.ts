import { text } from 'node:stream/consumers';
import { copyText, requireSame, type CopyRequest } from './copy-set.js';
import { manifestName } from './manifest.js';

/**
 * Brings another copy of a set the notes that it passed. Returns how many went there now; null when the set does not lie there, and
 * nothing is written. Rejects with `check` when another set lies there under its id.
 */
export async function copyNotes(request: CopyRequest): Promise<number | null> {
  const { from, to, set, signal } = request;
  const options = signal === undefined ? {} : { signal };
  const prefix = `${set.id}/verified-`;
  const manifestKey = `${set.id}/${manifestName}`;
  const notes: string[] = [];
  for await (const { key } of from.list(prefix, signal)) notes.push(key);
  if (notes.length === 0) return 0;
  if ((await to.head(manifestKey, signal)) === null) return null;
  const there = new Set<string>();
  for await (const { key } of to.list(prefix, signal)) there.add(key);
  const lacking = notes.filter((key) => !there.has(key));
  if (lacking.length === 0) return 0;
  requireSame(set, await text(await to.get(manifestKey, options)), to);
  for (const key of lacking) await copyText(request, key, await text(await from.get(key, options)));
  return lacking.length;
}
