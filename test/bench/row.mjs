/**
 * One line of the result. `judged: false` says why the limit does not apply to what was measured here; that is no "met".
 * @typedef {{what: string, measured: string, value: number | null, limit: string, met: boolean | null, how: string}} Row
 */

/** A value against the most that was promised, both in `unit`. */
export function atMost({ what, value, limit, unit, how, detail = '', notJudged = null }) {
  const shown = `${round(value)} ${unit}${detail === '' ? '' : ` (${detail})`}`;
  const met = notJudged === null ? value <= limit : null;
  const why = notJudged === null ? how : `${how}; not judged: ${notJudged}`;
  return { what, measured: shown, value, limit: `≤ ${limit} ${unit}`, met, how: why };
}

/** What could not be measured is not met. */
export function notMeasured(what, error) {
  const why = error instanceof Error ? error.message : String(error);
  return { what, measured: 'not measured', value: null, limit: '', met: false, how: why.split('\n')[0] };
}

export function round(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

export function median(values) {
  return percentile(values, 0.5);
}

/** Nearest rank, of any order of values. */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** The table as it is printed: what, measured, limit, outcome, and below each how it was measured. */
export function table(rows) {
  const outcome = ({ met }) => (met === null ? 'not judged' : met ? 'met' : 'NOT met');
  const cells = rows.map((row) => [row.what, row.measured, row.limit, outcome(row), row.how]);
  const all = [['what', 'measured', 'limit', '', 'how'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
