import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  changePassword,
  connectTo,
  copyForAnywhere,
  generatePassword,
  readPassword,
  rewritePassfile,
  letsIn,
  type ClusterLocation,
} from '../../postgres/index.js';
import type { CommandOptions, PasswordPort } from '../environment.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';

const bringMs = 300_000;

export interface PasswordFiles {
  /** Where what was valid before lies until the run ends, for nobody else to read. */
  readonly formerFolder: string;
  /** Passfiles of firedrill's own that hold copies of passwords. */
  readonly own: readonly string[];
  /** Told every new password before it is used, so that none gets into the record. */
  readonly learn: (secrets: readonly string[]) => void;
}

interface Rotated {
  readonly role: string;
  readonly passfile: string;
  readonly bring: readonly string[] | undefined;
}

/**
 * New passwords for the roles that `rotation` names. The server is told a verifier only; the password stands in the passfiles of those
 * who log in, and nowhere else. Null where none is named.
 */
export function declaredPasswords(settings: DeclaredSettings, files: PasswordFiles): PasswordPort | null {
  const { rotation } = settings.declared;
  if (rotation === undefined) return null;
  const roles = (location: ClusterLocation): Rotated[] =>
    Object.entries(rotation.roles)
      .map(([role, { passfile, bring }]) => ({ role, passfile: settings.path(passfile), bring }))
      // The one that changes the others comes last: cut short, an attempt can be made again.
      .sort((one, other) => Number(one.role === location.user) - Number(other.role === location.user));
  const former = (role: string) => join(files.formerFolder, `${role}.pass`);
  return {
    rotate: async (location, options = {}) => {
      await settleAdmin(location);
      mkdirSync(files.formerFolder, { recursive: true, mode: 0o700 });
      const session = await connectTo(location, { applicationName: 'firedrill rotation' });
      const changed: string[] = [];
      try {
        for (const one of roles(location)) {
          if (!existsSync(former(one.role))) await copyForAnywhere(one.passfile, former(one.role), one.role);
          const password = generatePassword();
          files.learn([password]);
          const at = { ...location, user: one.role };
          const others = one.role === location.user ? adminFiles(settings, location) : [];
          const all = new Set([one.passfile, ...others, ...(await holding(files.own, at))]);
          // Written before and named after: at any instant one of the two opens the server.
          for (const file of all) await rewritePassfile(file, next(file), at, password);
          await changePassword(session, one.role, password);
          for (const file of all) await rename(next(file), file);
          await bring(settings, one, options);
          changed.push(one.role);
        }
      } finally {
        await session.end();
      }
      return changed;
    },
    areRotated: async (location) => {
      for (const { role, passfile } of roles(location)) {
        if (!existsSync(former(role))) return false;
        const at = { ...location, user: role };
        if (!(await letsIn({ ...at, passfile }))) return false;
        if (await letsIn({ ...at, passfile: former(role) })) return false;
      }
      return true;
    },
  };
}

const next = (file: string) => `${file}.next`;

/** Whoever works as administrator here: the declared database, its standby, and the cluster itself. */
function adminFiles({ primary, standby }: DeclaredSettings, location: ClusterLocation): string[] {
  const all = [location, primary, ...(standby === null ? [] : [standby])];
  return all.filter((one) => one.user === location.user).flatMap(({ passfile }) => passfile ?? []);
}

async function holding(files: readonly string[], at: ClusterLocation): Promise<string[]> {
  const found: string[] = [];
  for (const passfile of files)
    if (existsSync(passfile) && (await readPassword({ ...at, passfile })) !== null) found.push(passfile);
  return found;
}

/** Cut short between the change and the renaming, the new password lies beside the old one. */
async function settleAdmin(location: ClusterLocation): Promise<void> {
  const { passfile } = location;
  if (passfile === null || !existsSync(next(passfile))) return;
  if (await letsIn({ ...location, passfile: next(passfile) })) await rename(next(passfile), passfile);
  else rmSync(next(passfile));
}

async function bring(settings: DeclaredSettings, one: Rotated, options: CommandOptions): Promise<void> {
  if (one.bring === undefined) return;
  const env = { FIREDRILL_ROLE: one.role, FIREDRILL_PASSFILE: one.passfile };
  await runOrFail(settings, one.bring, bringMs, { ...options, env });
}
