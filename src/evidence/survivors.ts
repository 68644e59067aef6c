import { canonicalJson, isJsonObject, type Json } from '../base/index.js';

/** More ids than a run can write; a hostile file must not fill the memory. */
const mostSurvivors = 50_000_000;

/** The list of surviving canary ids as evidence: `{"ranges":[[1,57],[59,80]]}`, both ends included, with a newline. */
export function encodeSurvivors(ids: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return `${canonicalJson({ ranges })}\n`;
}

/** Reads such a list, or the plain form `{"ids":[…]}`; null for anything else. Ids come ascending and once. */
export function decodeSurvivors(text: string): number[] | null {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(value)) return null;
  if (isArray(value.ids)) {
    const ids = value.ids.filter((id) => Number.isSafeInteger(id)) as number[];
    return ids.length === value.ids.length ? [...new Set(ids)].sort((a, b) => a - b) : null;
  }
  return isArray(value.ranges) ? expand(value.ranges) : null;
}

function expand(ranges: readonly Json[]): number[] | null {
  const ids: number[] = [];
  let above = -Infinity;
  for (const range of ranges) {
    if (!isArray(range) || range.length !== 2) return null;
    const [first, last] = range;
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return null;
    const [from, to] = [first as number, last as number];
    if (from <= above || to < from || ids.length + (to - from + 1) > mostSurvivors) return null;
    for (let id = from; id <= to; id += 1) ids.push(id);
    above = to;
  }
  return ids;
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
