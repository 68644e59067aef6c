import { randomBytes } from 'node:crypto';
import { copyFileSync, chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../../base/index.js';
import { programPath } from '../../sentinel/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';
import { labRoles } from '../lab-roles.js';
import { passfileOf } from '../paths.js';
import type { ApplicationConfig } from './config.js';

/** What a release of the sample application consists of. Its program is firedrill's own, as from a registry of images. */
export interface ApplicationRelease {
  readonly program: string;
  readonly config: string;
}

/** The folder that stands for the machine of the application; null when there is none, or none any more. */
export function applicationHost(lab: Lab): string | null {
  const { applicationHost: folder } = lab.state();
  return folder !== undefined && existsSync(folder) ? folder : null;
}

/** Makes a new, empty machine for the application where there is none; its folder. */
export function makeApplicationHost(lab: Lab): string {
  const found = applicationHost(lab);
  if (found !== null) return found;
  const folder = join(lab.paths.hosts, `application-${randomBytes(3).toString('hex')}`);
  // Noted before it is made: a fault removes nothing but the folder that stands here.
  lab.update((state) => ({ ...state, applicationHost: folder }));
  mkdirSync(folder, { recursive: true });
  return folder;
}

const passfileIn = (folder: string) => join(folder, 'application.pass');

/** Puts the release onto its host: the program's entry, its configuration, its password. It is not started. */
export function deployApplication(lab: Lab): ApplicationRelease {
  const folder = applicationHost(lab);
  if (folder === null)
    throw new Failure('unavailable', 'there is no host to deploy the application to', {
      hint: 'Provision one first.',
    });
  const { applicationPort: port, heartbeatLimitMs, seed } = lab.state();
  copyFileSync(passfileOf(lab.paths, 'application'), passfileIn(folder));
  chmodSync(passfileIn(folder), 0o600);
  const config: ApplicationConfig = {
    v: 1,
    labDirectory: lab.directory,
    port,
    user: labRoles(lab.state()).application,
    ...(seed === undefined ? {} : { seeded: true }),
    passfile: passfileIn(folder),
    heartbeatLimitMs,
  };
  const release = releaseIn(folder);
  const program = pathToFileURL(programPath('lab/application/main.js')).href;
  writeDurably(release.program, `import ${JSON.stringify(program)};\n`);
  // Last: what has a configuration is complete.
  writeDurably(release.config, JSON.stringify(config, null, 2));
  return release;
}

/** Null where there is no host, or nothing on it. */
export function deployedApplication(lab: Lab): ApplicationRelease | null {
  const folder = applicationHost(lab);
  if (folder === null) return null;
  const release = releaseIn(folder);
  return existsSync(release.config) ? release : null;
}

function releaseIn(folder: string): ApplicationRelease {
  return { program: join(folder, 'main.mjs'), config: join(folder, 'config.json') };
}
