import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../../base/index.js';

/** A file that a server has of its own, by its name in the data directory. */
export interface OwnFile {
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Buffer;
}

export interface OwnFiles {
  readonly files: readonly OwnFile[];
  /** Folders in the data directory of which every `*.conf` is configuration (`include_dir`). */
  readonly folders: readonly string[];
}

/** pg_rewind and pg_basebackup bring those of the other server, with its port and its rules for who may connect (app-pgrewind.sgml). */
const settingFiles = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'];
/** As they are called unless a setting names others. */
const keyFiles = ['server.key', 'server.crt', 'root.crt', 'root.crl'];

/** One setting of a configuration file, quoted or not; a quote inside is doubled (config-setting). */
const setting =
  /^\s*(include|include_if_exists|include_dir|hba_file|ident_file|ssl_(?:key|cert|ca|crl)_file)(?:\s*=\s*|\s+|(?='))(?:'((?:[^']|'')*)'|([^\s'#]+))/i;

/**
 * What lies in the data directory and is the server’s own: settings, whatever they include or name there, and its keys. What lies elsewhere
 * is not replaced with its files. Rejects with `unavailable` for one that is there and cannot be read: it would be lost.
 */
export async function readOwnFiles(dataDirectory: string): Promise<OwnFiles> {
  const files = new Map<string, OwnFile>();
  const folders = new Set<string>();
  const inside = (path: string): string | null => {
    const name = relative(dataDirectory, path);
    return name === '' || name === '..' || name.startsWith('../') ? null : name;
  };
  const take = async (path: string): Promise<OwnFile | null> => {
    const name = inside(path);
    if (name === null || files.has(name)) return null;
    const file = await readOwn(path, name);
    if (file !== null) files.set(name, file);
    return file;
  };
  const follow = async (path: string): Promise<void> => {
    const file = await take(path);
    if (file === null) return;
    for (const line of file.content.toString('utf8').split('\n')) {
      const [, found = '', quoted, bare] = setting.exec(line) ?? [];
      const written = quoted?.replaceAll("''", "'") ?? bare;
      if (written === undefined) continue;
      const key = found.toLowerCase();
      if (key === 'include_dir') {
        const folder = resolve(dirname(path), written);
        const name = inside(folder);
        if (name === null) continue;
        folders.add(name);
        for (const one of await confFiles(folder)) await follow(join(folder, one));
      } else if (key.startsWith('include')) await follow(resolve(dirname(path), written));
      // Names of files in settings are taken from the data directory, those that are included from the file that includes them.
      else await take(resolve(dataDirectory, written));
    }
  };
  for (const name of settingFiles) await follow(join(dataDirectory, name));
  for (const name of keyFiles) await take(join(dataDirectory, name));
  return { files: [...files.values()], folders: [...folders] };
}

/** Those that `include_dir` reads. */
export async function confFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).sort();
}

async function readOwn(path: string, name: string): Promise<OwnFile | null> {
  try {
    const { mode } = await stat(path);
    return { name, mode: mode & 0o777, content: await readFile(path) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Failure(
      'unavailable',
      `${path} is the server’s own and cannot be read (${code ?? 'unknown'})`,
      {
        hint: 'Nothing was changed. Let firedrill read it: with the files of the other server it would be lost.',
        cause,
      },
    );
  }
}
