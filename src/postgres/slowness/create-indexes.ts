import { Failure } from '../../base/index.js';
import { textColumn } from '../column.js';
import type { Session } from '../session.js';
import { runStoppable, type StatementStop } from '../stoppable-statement.js';

/** An index as it should be: its name as in SQL, and the statement that makes it, as the server writes it. */
export interface IndexDefinition {
  readonly name: string;
  readonly definition: string;
}

/**
 * Makes indexes anew from their definitions, concurrently, so that clients go on reading and writing. What an interrupted attempt left
 * half-made is dropped first; what is there and valid stays. Rejects with `invalid` for anything that is not an index's definition, and
 * with `cancelled` when `stop` comes: nothing goes on at the server then.
 */
export async function createIndexes(
  session: Session,
  indexes: readonly IndexDefinition[],
  stop?: StatementStop,
): Promise<{ readonly built: readonly string[]; readonly durationMs: number }> {
  const startedAt = performance.now();
  const built: string[] = [];
  for (const { name, definition } of indexes) {
    const statement = concurrently(name, definition);
    const [there] = await session.query(
      `select i.indisvalid as valid, i.indexrelid::regclass::text as sql from pg_index i where i.indexrelid = to_regclass($1)`,
      [name],
    );
    if (there?.['valid'] === true) continue;
    if (there !== undefined)
      await runStoppable(session, `drop index concurrently ${textColumn(there, 'sql')}`, stop);
    await runStoppable(session, statement, stop).catch((failure: unknown) => {
      if (!(failure instanceof Failure)) throw failure;
      throw new Failure(failure.reason, failure.message, {
        hint: `What was half-built may be left, is of no use and costs every write: try again, or \`DROP INDEX CONCURRENTLY IF EXISTS ${name}\`.`,
        retryable: failure.retryable,
        cause: failure,
      });
    });
    built.push(name);
  }
  return { built, durationMs: performance.now() - startedAt };
}

/** pg_get_indexdef writes `CREATE [UNIQUE] INDEX name ON [ONLY] table USING …`, and never more than one statement. */
export function concurrently(name: string, definition: string): string {
  const match = /^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)(.* ON )(ONLY )?(.*)$/s.exec(definition);
  if (match === null) throw new Failure('invalid', `the definition of ${name} makes no index: ${definition}`);
  const [, unique = '', named, only, rest] = match;
  if (only !== undefined)
    throw new Failure('refused', `${name} spans the partitions of a table and cannot be built concurrently`, {
      hint: `Build it by hand when little is going on: \`${definition}\`.`,
    });
  return `CREATE ${unique}INDEX CONCURRENTLY ${named ?? ''}${rest ?? ''}`;
}
