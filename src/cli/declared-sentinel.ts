import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredSettings } from '../actions/index.js';
import { Failure } from '../base/index.js';
import { connectTo, readPassword, type ClusterLocation } from '../postgres/index.js';
import { startSentinel, stopSentinel, type SentinelNote } from '../sentinel/index.js';

const createTable =
  'create schema firedrill; create table firedrill.canary (id bigint primary key, written_at timestamptz not null, session text not null)';

/** Where the sentinel of a live run has its files; nothing of them is evidence. */
export interface DeclaredSentinel {
  /** Tells the sentinel where clients are sent; durable enough for a process that reads it four times a second. */
  point(location: ClusterLocation | null): void;
  /** Starts it, or finds the one that lives. Rejects with `unavailable` when the database has no table for canaries. */
  start(target: ClusterLocation, session: string): Promise<SentinelNote>;
}

export function declaredSentinel(
  settings: DeclaredSettings,
  stateDirectory: string,
  recordDirectory: string,
): DeclaredSentinel {
  const { primary, declared } = settings;
  const folder = folderIn(stateDirectory);
  const trafficFile = join(folder, 'traffic.json');
  const passfile = passfileIn(folder);
  let pointed = '';
  const point = (location: ClusterLocation | null): void => {
    const where = location === null ? 'nowhere' : `${location.host} ${location.port}`;
    if (where === pointed) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const traffic = {
      v: 1,
      changedAt: new Date().toISOString(),
      location,
      applicationUrl: declared.application?.health ?? null,
    };
    writeFileSync(`${trafficFile}.new`, `${JSON.stringify(traffic, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${trafficFile}.new`, trafficFile);
    pointed = where;
  };
  return {
    point,
    start: async (target, session) => {
      const { sentinel } = declared;
      if (sentinel === undefined) throw new Failure('unavailable', 'no sentinel is declared');
      await requireTable(target);
      point(target);
      const user = sentinel.user ?? primary.user;
      const given = sentinel.passfile === undefined ? primary.passfile : settings.path(sentinel.passfile);
      const password = await readPassword({ ...primary, user, passfile: given });
      // A restored cluster has the same passwords at another port, which nobody's own passfile can know.
      if (password !== null) writeAnywhere(passfile, user, password);
      const { relation } = sentinel;
      return startSentinel({
        recordDirectory,
        stateDirectory: folder,
        trafficFile,
        user,
        passfile: password === null ? null : passfile,
        intervalMs: Math.max(10, sentinel.resolution),
        probeRelation:
          relation === undefined || relation.includes('.') ? (relation ?? null) : `public.${relation}`,
        firstId: Date.now(),
        session,
        heartbeat: null,
      });
    },
  };
}

/** Ends the sentinel of a run and forgets its password; false when none lived. */
export async function endSentinel(stateDirectory: string): Promise<boolean> {
  const folder = folderIn(stateDirectory);
  const ended = await stopSentinel(folder);
  rmSync(passfileIn(folder), { force: true });
  return ended;
}

/** Where the sentinel of a run keeps the password that it logs in with. */
export const sentinelPassfile = (stateDirectory: string) => passfileIn(folderIn(stateDirectory));

const folderIn = (stateDirectory: string) => join(stateDirectory, 'sentinel');
const passfileIn = (folder: string) => join(folder, 'passfile');

/** Nothing is ever created in a database that was not made for it. A server that does not answer is watched all the same. */
async function requireTable(target: ClusterLocation): Promise<void> {
  const connection = connectTo(target, {
    applicationName: 'firedrill canary table',
    readOnly: true,
    connectTimeoutMs: 3000,
    statementTimeoutMs: 10_000,
  });
  const session = await connection.catch(() => null);
  if (session === null) return;
  const asked = session.query(`select to_regclass('firedrill.canary') is not null as there`);
  const rows = await asked.catch(() => []).finally(() => session.end());
  if (rows[0]?.['there'] !== false) return;
  throw new Failure(
    'unavailable',
    `not measured: no canary table in database ${target.database} (firedrill.canary)`,
    { hint: `For the next time, once: ${createTable}`, retryable: false },
  );
}

function writeAnywhere(file: string, user: string, password: string): void {
  const escape = (field: string) => field.replace(/[\\:]/g, (character) => `\\${character}`);
  writeFileSync(file, `*:*:*:${escape(user)}:${escape(password)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}
