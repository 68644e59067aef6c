const dayMs = 86_400_000;

/** What happened between so many months before `now` and `now`, both included; a time that cannot be read did not. */
export function withinMonths(at: string, now: string, months: number): boolean {
  const from = new Date(now);
  from.setUTCMonth(from.getUTCMonth() - months);
  return between(Date.parse(at), from.getTime(), Date.parse(now));
}

export function withinDays(at: string, now: string, days: number): boolean {
  return between(Date.parse(at), Date.parse(now) - days * dayMs, Date.parse(now));
}

function between(at: number, from: number, to: number): boolean {
  return at >= from && at <= to;
}

/** Newest first. */
export function newestFirst<T extends { readonly at: string }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
