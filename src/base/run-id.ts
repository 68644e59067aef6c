/** `2027-01-17T010203Z-database-corruption-k3f9`: sorts by start, says what it was, safe as a folder name. */
export function makeRunId(startedAtMs: number, subject: string, nonce: string): string {
  const stamp = new Date(startedAtMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `${stamp}-${subject}-${nonce}`;
}

export function isRunId(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{6}Z-[a-z0-9][a-z0-9-]*-[a-z0-9]{4,}$/.test(text);
}
