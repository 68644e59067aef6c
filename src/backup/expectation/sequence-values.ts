import { textColumn, textOrNull, type Session } from '../../postgres/index.js';

/** Last value of each sequence as decimal text (null: never used), and which way it counts. */
export interface SequenceValues {
  readonly [name: string]: { readonly last: string | null; readonly down: boolean };
}

export async function readSequences(session: Session): Promise<SequenceValues> {
  const rows = await session.query(`
    select format('%I.%I', schemaname, sequencename) as name, last_value::text as last, increment_by < 0 as down
      from pg_sequences`);
  return Object.fromEntries(
    rows.map((row) => [
      textColumn(row, 'name'),
      { last: textOrNull(row, 'last'), down: row['down'] === true },
    ]),
  );
}

/**
 * Sequences that stand before their recorded value, or are gone. Standing after it is normal: a recovery skips up to 32
 * values, because the log holds them in advance.
 */
export function sequencesBehind(expected: SequenceValues, actual: SequenceValues): string[] {
  return Object.entries(expected).flatMap(([name, was]) => {
    const is = actual[name];
    if (is === undefined) return [`sequence ${name} is missing`];
    if (was.last === null) return [];
    const behind =
      is.last === null ||
      (was.down ? BigInt(is.last) > BigInt(was.last) : BigInt(is.last) < BigInt(was.last));
    return behind ? [`sequence ${name} stands at ${is.last ?? 'its start'}, behind ${was.last}`] : [];
  });
}
