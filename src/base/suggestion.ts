import { closest, distance } from 'fastest-levenshtein';

/** The allowed word that somebody most likely meant, or `undefined` when none is near enough to be a typo of it. */
export function didYouMean(word: string, allowed: readonly string[]): string | undefined {
  if (allowed.length === 0) return undefined;
  const lower = allowed.map((one) => one.toLowerCase());
  const best = closest(word.toLowerCase(), lower);
  const limit = Math.max(1, Math.floor(Math.max(word.length, best.length) / 3));
  return distance(word.toLowerCase(), best) <= limit ? allowed[lower.indexOf(best)] : undefined;
}
