import { accessSync, constants, mkdirSync, realpathSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../base/index.js';
import { Exit } from './exit.js';

export interface StatePaths {
  readonly root: string;
  readonly leases: string;
  readonly labs: string;
  readonly lab: string;
  readonly scratch: string;
  readonly children: string;
  /** What a live run remembers of a declared environment, and its sentinel's own files. */
  readonly declared: string;
}

/** Where a programme keeps what is no evidence. */
export function statePaths(directory: string, runId: string): StatePaths {
  const root = join(directory, '.firedrill');
  const labs = labsFolder(directory, root);
  return {
    root,
    leases: join(root, 'leases'),
    labs,
    lab: join(labs, runId),
    scratch: join(root, 'runs', runId),
    children: join(root, 'runs', runId, 'children'),
    declared: join(root, 'runs', runId, 'declared'),
  };
}

/** Looked at before any command begins: a misspelt folder must not look like a programme in which nothing ever ran. */
export function requireFolder(directory: string): void {
  const why = whyNoFolder(directory);
  if (why !== null)
    throw new Exit(
      'usage',
      `${directory} cannot be the programme’s folder: ${why}`,
      'Type --directory <folder>.',
    );
}

function whyNoFolder(directory: string): string | null {
  try {
    if (!statSync(directory).isDirectory()) return 'it is a file';
    accessSync(directory, constants.R_OK | constants.X_OK);
    return null;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such folder';
    return code === 'EACCES' ? 'this account may not read it' : code;
  }
}

/** Made here so that it is open for the server's account to pass; what is private below it closes itself. */
export function prepareState(paths: StatePaths): void {
  mkdirSync(paths.root, { recursive: true, mode: 0o755 });
  mkdirSync(paths.scratch, { recursive: true, mode: 0o700 });
}

/**
 * PostgreSQL refuses to run as root, so root's labs run as another account, which must be able to reach them: where the
 * programme lies in a folder that is closed to others (`/root`, say), labs go to `/var/tmp`, under a name of this programme's.
 */
function labsFolder(directory: string, root: string): string {
  if (process.getuid?.() !== 0 || openToOthers(directory)) return join(root, 'labs');
  return join('/var/tmp', `firedrill-labs-${sha256Hex(realpathSync(directory)).slice(0, 12)}`);
}

/** The last lab takes the folder of labs with it: nothing of a drill stays outside the programme. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another lab is in it, or it is gone already.
  }
}

function openToOthers(directory: string): boolean {
  for (let folder = realpathSync(directory); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
