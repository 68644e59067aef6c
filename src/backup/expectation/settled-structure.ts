import { canonicalJson, Failure } from '../../base/index.js';
import { textColumn, type ClusterLocation, type Session } from '../../postgres/index.js';
import { readAllSequences, readStructure, type Patience, type StructureRead } from './structure.js';

/**
 * Names a place in the log at which the structure is exactly what was read: read before (`begun`, at any time) and after the place,
 * the same both times. Gives up exactness, and says so, when it changes three times in a row.
 */
export async function readSettledStructure(
  location: ClusterLocation,
  session: Session,
  begun: StructureRead | null,
  patience: Patience,
): Promise<{ readonly read: StructureRead; readonly lsn: string; readonly exact: boolean }> {
  // Sequences move all the time: an old reading would ask too little of a restore.
  let before =
    begun === null
      ? await readStructure(location, patience)
      : { ...begun, sequences: await readAllSequences(location, patience) };
  for (let attempt = 1; ; attempt += 1) {
    const lsn = await markPlace(session);
    const after = await readStructure(location, patience);
    const same = canonicalJson(before.databases) === canonicalJson(after.databases);
    // Sequences only ever grow: the earlier values are the ones a restore to the place cannot be behind.
    if (same || attempt === 3) return { read: { ...before }, lsn, exact: same };
    before = after;
  }
}

/** A recovery stops at the first record that begins at or after its target, so one is written there. */
async function markPlace(session: Session): Promise<string> {
  const [row] = await session.query(`select pg_is_in_recovery() as standby`);
  if (row?.['standby'] === true)
    throw new Failure('refused', 'the server is a standby; take the backup from the primary');
  const [place] = await session.query(
    `select pg_current_wal_insert_lsn()::text as lsn, pg_logical_emit_message(true, 'firedrill', 'backup')`,
  );
  return textColumn(place, 'lsn');
}
