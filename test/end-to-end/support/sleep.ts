export function sleep(ms: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, ms));
}

/** Looks until something is there; says what was waited for when it never is. */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false,
  limitMs = 90_000,
  everyMs = 10,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await sleep(everyMs);
  }
}
