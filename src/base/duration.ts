const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `90s`, `15m`, `1h30m`, `250ms`, `2d`; `undefined` for anything else. Result in milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * unitMs[unit as keyof typeof unitMs];
  }
  return Math.round(total);
}

/** For people: `2h 04m 09s`, `15m 00s`, `4.2s`, `250ms`; negative values carry a leading minus. */
export function formatDuration(exactMs: number): string {
  const ms = Math.round(exactMs);
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${ms}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}h ${two(m)}m ${two(s)}s` : `${m}m ${two(s)}s`;
}

const ageUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** How old something is, for people, rounded down to its largest unit: `60 days`, `1 hour`, `40 seconds`. */
export function formatAge(ms: number): string {
  const [unit, size] = ageUnits.find(([, each]) => ms >= each) ?? ['second', 1000];
  const count = Math.max(0, Math.floor(ms / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const spokenUnits = ageUnits.slice(1);

/** A promise of time as people say it, exact to the second: `4 hours`, `1 hour 30 minutes`, `45 minutes`; `0 seconds` for none. */
export function sayDuration(ms: number): string {
  let rest = Math.round(ms / 1000) * 1000;
  const said: string[] = [];
  for (const [unit, size] of spokenUnits) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) said.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return said.length === 0 ? '0 seconds' : said.join(' ');
}
