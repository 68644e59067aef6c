import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labDown, labUp, startLabWal, stopApplication, trafficTarget } from '../../dist/lab/index.js';
import { connectTo, freePort, killCluster, readPassword, writePassfile } from '../../dist/postgres/index.js';
import { withCleanUp, withScratch } from './scratch.mjs';

/** A lab of this size, quiet but for its WAL receiver, for the time of `work`; nothing of it stays. */
export function withLab(scale, work) {
  return withScratch(async (directory) => {
    const lab = await labUp({ directory: join(directory, 'lab'), id: 'bench', scale, protect: false });
    return withCleanUp(
      () => labDown(lab),
      async () => {
        const primary = trafficTarget(lab);
        await stopApplication(lab);
        await startLabWal(lab, primary);
        // What a verification calls fresh is the newest canary.
        await writeOnce(primary);
        return work(lab, primary);
      },
    );
  });
}

/** A place for another cluster, inside the lab, so that it goes with it; removed, server and all, after `work`. */
export async function withPlace(lab, primary, work) {
  const folder = join(lab.paths.clusters, `bench-${randomBytes(3).toString('hex')}`);
  const socketDirectory = mkdtempSync(join(tmpdir(), 'fd-bench-'));
  mkdirSync(folder, { mode: 0o755 });
  const own = { dataDirectory: join(folder, 'data'), socketDirectory, port: await freePort() };
  // A passfile of its own: the one of the lab is everybody's.
  const place = { ...primary, ...own, passfile: join(folder, 'place.pass') };
  await writePassfile(place, (await readPassword(primary)) ?? '');
  const remove = async () => {
    await killCluster(place);
    await rm(folder, { recursive: true, force: true });
    rmSync(socketDirectory, { recursive: true, force: true });
  };
  return withCleanUp(remove, () => work(place));
}

/** A commit that the server has acknowledged. */
export async function writeOnce(location) {
  const session = await connectTo(location);
  try {
    const [row] = await session.query('select coalesce(max(id), 0) + 1 as id from firedrill.canary');
    await session.query("insert into firedrill.canary values ($1, now(), 'bench')", [row.id]);
  } finally {
    await session.end();
  }
}

export async function databaseBytes(location) {
  const session = await connectTo(location);
  try {
    const [row] = await session.query('select sum(pg_database_size(oid))::text as bytes from pg_database');
    return Number(row.bytes);
  } finally {
    await session.end();
  }
}
