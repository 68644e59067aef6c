/** The end of a safety copy's source; whatever carries it was taken before a restore, and goes by the rule of those. */
export const safetySuffix = '-before-restore';

export function isSafetySource(source: string): boolean {
  return source.endsWith(safetySuffix);
}
