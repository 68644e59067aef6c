/** `, planned for 2027-01-17 09:00 +08:00`, in the zone in which it was written; nothing where nobody planned it. */
export function plannedFor(scheduled: string | null): string {
  if (scheduled === null) return '';
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.exec(scheduled);
  const said = match === null ? scheduled : `${match[1] ?? ''} ${match[2] ?? ''} ${match[3] ?? ''}`;
  return `, planned for ${said}`;
}
