import { quoteName } from './quote.js';
import type { Session } from './session.js';

/**
 * Rebuilds indexes, each named as in SQL. Not concurrently unless told: a damaged index serves nobody, and the plain form
 * cannot leave a half-built one behind. `durationMs` by our own clock.
 */
export async function reindex(
  session: Session,
  indexes: readonly { readonly schema: string; readonly name: string }[],
  options: { readonly concurrently?: boolean } = {},
): Promise<{ readonly rebuilt: readonly string[]; readonly durationMs: number }> {
  const startedAt = performance.now();
  const rebuilt: string[] = [];
  for (const { schema, name } of indexes) {
    const sql = `${quoteName(schema)}.${quoteName(name)}`;
    await session.query(`reindex index ${options.concurrently === true ? 'concurrently ' : ''}${sql}`);
    rebuilt.push(`${schema}.${name}`);
  }
  return { rebuilt, durationMs: performance.now() - startedAt };
}
