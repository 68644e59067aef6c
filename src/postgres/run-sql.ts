import type { Json } from '../base/index.js';
import type { Row, Session } from './session.js';

/**
 * Runs SQL text; several statements without values run as one implicit transaction, and the first error stops them all.
 * Gives the last statement's rows, at most `maxRows` of them.
 */
export async function runSql(
  session: Session,
  sql: string,
  options: { readonly values?: readonly Json[]; readonly maxRows?: number } = {},
): Promise<{ readonly rows: readonly Row[]; readonly rowCount: number; readonly cut: boolean }> {
  const rows = await session.query(sql, options.values);
  const maxRows = options.maxRows ?? 1000;
  return { rows: rows.slice(0, maxRows), rowCount: rows.length, cut: rows.length > maxRows };
}
