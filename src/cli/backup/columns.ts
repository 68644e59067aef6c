import stringWidth from 'string-width';

/** Rows as aligned lines, two spaces between columns; numbers to the right where `right` says so. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, stringWidth(cell));
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const fill = ' '.repeat((widths[at] ?? 0) - stringWidth(cell));
        return right.includes(at) ? fill + cell : cell + fill;
      })
      .join('  ')
      .trimEnd(),
  );
}
