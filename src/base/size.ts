const units = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;

/** Reads `512MB`, `1.5GiB`, `100B`; `undefined` for anything else. Result in bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text);
  return match ? Math.round(Number(match[1]) * units[match[2] as keyof typeof units]) : undefined;
}

/** For people, decimal units: `999 B`, `1.5 MB`, `12.0 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const unit of ['kB', 'MB', 'GB'] as const) {
    // What would be shown as 1000.0 is the next unit's already.
    if (bytes < units[unit] * 999.95) return `${(bytes / units[unit]).toFixed(1)} ${unit}`;
  }
  return `${(bytes / units.TB).toFixed(1)} TB`;
}
