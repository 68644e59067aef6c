import { isJsonObject } from '../../base/index.js';
import { quoteLiteral, quoteName, textOrNull, type Session } from '../../postgres/index.js';

/**
 * What firedrill knows of a database that is being replaced or was. It is kept as the comment of that very database: it changes in
 * the same transaction as the names, so the two can never disagree, as a file beside the cluster could; it goes with the database
 * through a crash, a backup and a failover; and `\l+` shows it to whoever wonders. Its own comment is inside, and comes back.
 */
export interface SwapNote {
  /** `replacing`: closed, the names not yet changed; `kept`: under its new name, until accepted. */
  readonly phase: 'replacing' | 'kept' | 'accepted';
  /** Why it was replaced. */
  readonly by: 'restore' | 'roll-back';
  /** The name that it had, or still has. */
  readonly database: string;
  /** The database that takes that name. */
  readonly with: string;
  readonly keepAs: string;
  /** ISO 8601. */
  readonly at: string;
  /** Set that was taken before; goes when this is accepted. Absent: none, or an older version did not note it. */
  readonly safety?: string | null;
  /** Its own comment. */
  readonly comment: string | null;
}

const mark = 'firedrill-swap-1';

const sentences: { readonly [phase in SwapNote['phase']]: string } = {
  replacing: 'is being replaced by a restore',
  kept: 'was replaced by a restore, and is kept until that is accepted',
  accepted: 'was replaced by a restore that was accepted, and may be removed',
};

export async function writeNote(session: Session, database: string, note: SwapNote): Promise<void> {
  const text = `${sentences[note.phase]} ${JSON.stringify({ format: mark, ...note })}`;
  await writeComment(session, database, text);
}

export async function writeComment(session: Session, database: string, text: string | null): Promise<void> {
  const value = text === null ? 'null' : quoteLiteral(text);
  await session.query(`comment on database ${quoteName(database)} is ${value}`);
}

export async function readComment(session: Session, database: string): Promise<string | null> {
  const [row] = await session.query(
    `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
    [database],
  );
  return textOrNull(row, 'comment');
}

/** Null when there is no note of firedrill's in a comment. */
export function noteIn(comment: string | null): SwapNote | null {
  const at = comment?.indexOf('{"format":') ?? -1;
  if (comment === null || at < 0) return null;
  try {
    const value: unknown = JSON.parse(comment.slice(at));
    return isJsonObject(value) && value['format'] === mark ? (value as unknown as SwapNote) : null;
  } catch {
    return null;
  }
}
