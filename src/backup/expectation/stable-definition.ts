const item = `'(?:[^']|'')*'::character varying(?:\\(\\d+\\))?`;
const castArray = new RegExp(`\\(ARRAY\\[(${item}(?:, ${item})*)\\]\\)::text\\[\\]`, 'g');
const everyItem = new RegExp(item, 'g');

/**
 * The server writes `status in ('a', 'b')` on a varchar as one cast of the whole array the first time, and as a cast of each item
 * once that text has been read back. Both mean the same: this gives the second form, to which every reload comes.
 */
export function stableDefinition(text: string): string {
  if (!text.includes('])::text[]')) return text;
  return text.replace(
    castArray,
    (_, items: string) => `ARRAY[${items.replace(everyItem, (one) => `(${one})::text`)}]`,
  );
}
