import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { changePassword, connectTo, letsIn, type ClusterLocation } from '../postgres/index.js';
import { deployApplication, deployedApplication } from './application/host.js';
import type { Lab } from './lab.js';
import { passfileOf } from './paths.js';
import { newRolePassword, writeRolePassfile } from './role-passfile.js';
import { sampleRoles } from './sample/index.js';

const holders = ['application', 'sentinel', 'admin'] as const;
type Holder = (typeof holders)[number];

/** Passfiles as they were: whoever took over the host has read them. */
const formerFile = (lab: Lab, who: Holder) => join(lab.paths.outside, 'former', `${who}.pass`);

/**
 * Gives every role that logs in a new password on this cluster, and its clients the passfile for it; resolves to the roles. The
 * administrator's comes last: cut short, an attempt can be made again.
 */
export async function rotatePasswords(lab: Lab, location: ClusterLocation): Promise<string[]> {
  await settleAdmin(lab, location);
  mkdirSync(join(lab.paths.outside, 'former'), { recursive: true, mode: 0o700 });
  const roles: string[] = [];
  const session = await connectTo(location, { applicationName: 'firedrill rotation' });
  try {
    for (const who of holders) {
      const [file, role, password] = [passfileOf(lab.paths, who), roleOf(who, location), newRolePassword()];
      if (!existsSync(formerFile(lab, who))) copyFileSync(file, formerFile(lab, who));
      chmodSync(formerFile(lab, who), 0o600);
      const alter = () => changePassword(session, role, password);
      if (who === 'admin') {
        // Written before and named after: at any instant one of the two opens the server.
        writeRolePassfile(`${file}.next`, role, password);
        const { account } = location;
        if (account !== null) chownSync(`${file}.next`, account.uid, account.gid);
        await alter();
        renameSync(`${file}.next`, file);
      } else {
        await alter();
        writeRolePassfile(file, role, password);
        // The application's machine has its own copy.
        if (who === 'application' && deployedApplication(lab) !== null) deployApplication(lab);
      }
      roles.push(role);
    }
  } finally {
    await session.end();
  }
  return roles;
}

/** Whether this cluster lets in with the new passwords and with none of the former ones; false before any rotation. */
export async function arePasswordsRotated(lab: Lab, location: ClusterLocation): Promise<boolean> {
  for (const who of holders) {
    if (!existsSync(formerFile(lab, who))) return false;
    const user = roleOf(who, location);
    if (!(await letsIn({ ...location, user, passfile: passfileOf(lab.paths, who) }))) return false;
    if (await letsIn({ ...location, user, passfile: formerFile(lab, who) })) return false;
  }
  return true;
}

async function settleAdmin(lab: Lab, location: ClusterLocation): Promise<void> {
  const file = passfileOf(lab.paths, 'admin');
  if (!existsSync(`${file}.next`)) return;
  if (await letsIn({ ...location, passfile: `${file}.next` })) renameSync(`${file}.next`, file);
  else rmSync(`${file}.next`);
}

function roleOf(who: Holder, location: ClusterLocation): string {
  return who === 'admin' ? location.user : sampleRoles[who];
}
