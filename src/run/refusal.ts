/** Why what a person wants cannot be taken, and what to do instead. */
export interface Refusal {
  readonly why: string;
  readonly hint?: string;
}

export function needsReason(reason: string | null, what: string): Refusal | null {
  if (reason !== null && reason.trim() !== '') return null;
  return { why: `${what} needs a reason`, hint: 'Say in a few words why.' };
}
