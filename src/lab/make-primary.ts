import {
  connectTo,
  createCluster,
  runStoppable,
  startCluster,
  stopCluster,
  type ClusterLocation,
  type StatementStop,
} from '../postgres/index.js';
import { allocateCluster, assignCluster } from './clusters.js';
import { labClusterSettings } from './cluster-settings.js';
import type { Lab } from './lab.js';
import { passfileOf } from './paths.js';
import { newRolePassword, widenPassfile, writeRolePassfile } from './role-passfile.js';
import { makeRoles, sampleParts, sampleRoles } from './sample/index.js';

/** A primary with the sample database, its statistics and visibility map made, its cache cold. */
export async function makePrimary(
  lab: Lab,
  scale: number,
  options: { readonly walSegmentMb?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<ClusterLocation> {
  const location = await allocateCluster(lab, 'primary');
  const { walSegmentMb: megabytes, signal } = options;
  await createCluster(lab.tools, location, {
    settings: labClusterSettings(scale),
    // Until it is filled nothing has to survive a crash: a half-made lab is made again.
    initdbArgs: ['--no-sync', ...(megabytes === undefined ? [] : [`--wal-segsize=${megabytes}`])],
  });
  widenPassfile(location);
  await startCluster(lab.tools, location, {
    settings: { fsync: 'off', max_wal_size: '2GB', autovacuum: 'off' },
  });
  await fillCluster(lab, location, scale, signal);
  await stopCluster(lab.tools, location, 'fast');
  await startCluster(lab.tools, location);
  await assignCluster(lab, 'primary', location);
  return location;
}

async function fillCluster(
  lab: Lab,
  location: ClusterLocation,
  scale: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const passwords = { application: newRolePassword(), sentinel: newRolePassword() };
  for (const who of ['application', 'sentinel'] as const)
    writeRolePassfile(passfileOf(lab.paths, who), sampleRoles[who], passwords[who]);
  const outside = await connectTo(location, { database: 'postgres', applicationName: 'firedrill lab' });
  try {
    for (const statement of makeRoles(passwords).statements) await outside.query(statement);
    await outside.query(`create database ${location.database} owner ${sampleRoles.owner}`);
    await outside.query(`revoke all on database ${location.database} from public`);
    const clients = [sampleRoles.application, sampleRoles.report, sampleRoles.sentinel].join(', ');
    await outside.query(`grant connect on database ${location.database} to ${clients}`);
  } finally {
    await outside.end();
  }
  const inside = await connectTo(location, { applicationName: 'firedrill lab' });
  try {
    for (const part of sampleParts(scale)) {
      for (const statement of part.statements)
        await runStoppable(inside, statement, stopOf(location, signal));
    }
  } finally {
    await inside.end();
  }
  await settle(location, signal);
}

/** Single statements fill millions of rows: whoever stops a drill must not wait for them. */
function stopOf(location: ClusterLocation, signal: AbortSignal | undefined): StatementStop | undefined {
  if (signal === undefined) return undefined;
  return { signal, connect: async () => connectTo(location, { applicationName: 'firedrill lab' }) };
}

/** In a session of its own: what the other one counted would be handed over after the analysis, and make it look old. */
async function settle(location: ClusterLocation, signal: AbortSignal | undefined): Promise<void> {
  const session = await connectTo(location, { applicationName: 'firedrill lab' });
  try {
    // Sets every hint bit, so that later reads dirty no page.
    await runStoppable(session, 'vacuum (freeze, analyze)', stopOf(location, signal));
    await session.query('checkpoint');
  } finally {
    await session.end();
  }
}
