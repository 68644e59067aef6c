import { appendFileSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quietSettings, restoreBackup } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import {
  formatSetting,
  quoteName,
  startCluster,
  stopCluster,
  textColumn,
  withSession,
  type ClusterLocation,
} from '../../postgres/index.js';
import { allocateCluster, assignCluster } from '../clusters.js';
import type { Lab } from '../lab.js';
import { passfileOf } from '../paths.js';
import { newRolePassword, writeRolePassfile } from '../role-passfile.js';
import { findSeed } from './find-seed.js';
import { isolateCopy } from './isolate-copy.js';
import { makeOwnObjects } from './own-objects.js';
import { seededRoles, type LabSeed } from './seed.js';
import { nothingPreloaded, seededHba, seededSettings } from './seeded-settings.js';

/** A primary with the organisation's own data, out of its newest usable backup, that can neither reach nor be reached from outside. */
export async function makeSeededPrimary(
  lab: Lab,
  seed: LabSeed,
  signal?: AbortSignal,
): Promise<ClusterLocation> {
  const location = await allocateCluster(lab, 'primary');
  mkdirSync(lab.paths.seed, { recursive: true, mode: 0o755 });
  const found = await findSeed(seed, lab.paths.seed, location.account, signal);
  const { manifest } = found.set;
  const done = await restoreBackup({
    ...{ tools: lab.tools, set: found.set, walDirectory: found.walDirectory, into: location },
    ...{ until: 'latest', isolate: true, passwordFrom: seed.origin, settings: nothingPreloaded },
    ...(signal === undefined ? {} : { signal }),
  });
  // What was fetched or decrypted is needed no more.
  rmSync(lab.paths.seed, { recursive: true, force: true });
  await requireSuperuser(location, seed);
  const switchedOff = await isolateCopy(location);
  await takeOver(lab, location, seed);
  await stopCluster(lab.tools, location, 'fast');
  configure(location, manifest.server.bytes);
  await startCluster(lab.tools, location);
  await assignCluster(lab, 'primary', location);
  lab.update((state) => ({
    ...state,
    ...(state.seed === undefined
      ? {}
      : {
          seed: {
            ...state.seed,
            origin: {
              ...{ from: seed.from, environment: seed.environment, store: found.store, set: found.set.id },
              ...{ takenAt: manifest.times.engineEnded, bytes: manifest.server.bytes },
              productionBytes: found.productionBytes,
              recoveredTo: done.recoveredTo,
              passedOver: found.passedOver,
              switchedOff: [
                `settings ${Object.keys(quietSettings).join(', ')}, preloaded libraries`,
                ...switchedOff,
              ],
            },
          },
        }),
  }));
  return location;
}

async function requireSuperuser(location: ClusterLocation, seed: LabSeed): Promise<void> {
  await withSession(location, { applicationName: 'firedrill lab' }, async (session) => {
    const [row] = await session.query(
      'select rolsuper::text as super from pg_roles where rolname = current_user',
    );
    if (textColumn(row, 'super') === 'true') return;
    throw new Failure('unavailable', `${location.user} is no superuser, and a lab is made with one`, {
      hint: `Let \`environments.${seed.environment}.database.user\` in firedrill.yaml be a superuser.`,
      retryable: false,
    });
  });
}

/** New passwords for everybody who may get in; the organisation's are of no use here. */
async function takeOver(lab: Lab, location: ClusterLocation, seed: LabSeed): Promise<void> {
  const passwords = { application: newRolePassword(), sentinel: newRolePassword() };
  for (const who of ['application', 'sentinel'] as const)
    writeRolePassfile(passfileOf(lab.paths, who), seededRoles[who], passwords[who]);
  await makeOwnObjects(location, passwords, seed.probe);
  const password = newRolePassword();
  await withSession(location, { applicationName: 'firedrill lab' }, async (session) =>
    session.query(`alter role ${quoteName(location.user)} password '${password}'`),
  );
  const file = passfileOf(lab.paths, 'admin');
  writeRolePassfile(file, location.user, password);
  if (location.account !== null) chownSync(file, location.account.uid, location.account.gid);
}

/** In the data directory alone: a restore of a backup of this copy brings both along. */
function configure({ dataDirectory, user, account }: ClusterLocation, bytes: number): void {
  const lines = Object.entries(seededSettings(bytes)).map(formatSetting);
  appendFileSync(join(dataDirectory, 'postgresql.auto.conf'), `# a lab's copy\n${lines.join('\n')}\n`);
  const hba = join(dataDirectory, 'pg_hba.conf');
  writeFileSync(hba, seededHba(user), { mode: 0o600 });
  if (account !== null) chownSync(hba, account.uid, account.gid);
}
