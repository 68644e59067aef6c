import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import {
  findAge,
  findBackup,
  generateSigningKey,
  makeSet,
  newIdentity,
  signerFrom,
  trustedKeys,
  type BackupManifest,
  type ListedSet,
} from '../../src/backup/index.js';
import { openLocalStore, type LocalStore, type Store } from '../../src/store/index.js';

const key = generateSigningKey();
export const signer = signerFrom(key.privateKey);
export const trusted = trustedKeys(key.publicKey);

/** What a set of these tests holds: an empty file, one in a sub-folder, one of several chunks of age. */
export const contents: { readonly [name: string]: Buffer } = {
  'globals.sql': Buffer.from('create role clerk;\n'),
  'orders/3001.dat': randomBytes(300_000),
  'orders/empty.dat': Buffer.alloc(0),
  'orders/toc.dat': Buffer.from('table of contents'),
};

export function useFolder(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `fd-${name}-`));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function identityIn(
  directory: string,
  name: string,
): Promise<{ path: string; recipient: string }> {
  const path = join(directory, name);
  return { path, ...(await newIdentity({ age: await findAge(), path })) };
}

export function writeContents(directory: string, files = contents): void {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
}

/** A set as every way makes it, with files of our own instead of a server's. */
export async function makeSealed(
  store: LocalStore,
  recipients: readonly string[] = [],
  files = contents,
): Promise<ListedSet> {
  const request = { store, kind: 'logical', signer, account: null, recipients } as const;
  const { manifest } = await makeSet(request, (set) => {
    writeContents(set.directory, files);
    return Promise.resolve({
      manifest: (sealed, encryption) =>
        ({
          ...{ format: 'firedrill-backup-1', id: set.id, kind: 'logical', files: sealed, encryption },
          ...{ server: {}, times: { engineEnded: new Date().toISOString() }, expectation: {}, dump: {} },
        }) as unknown as BackupManifest,
    });
  });
  return findBackup(store, trusted, manifest.id);
}

export async function keysIn(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const object of store.list(prefix)) keys.push(object.key);
  return keys;
}

/** Files below a folder with their content, as they are. */
export function filesIn(directory: string): { [name: string]: Buffer } {
  const found = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Object.fromEntries(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path)]));
}

/** An engine in a process of its own: a module that imports the sources, with values given as `given`. */
export function engine(script: string, given: unknown): ChildProcess {
  const hook = new URL('./run-source.mjs', import.meta.url).href;
  const source = new URL('../../src/', import.meta.url).href;
  const text = `const given = JSON.parse(process.argv[1]);\n${script.replaceAll('src:', source)}`;
  return spawn(
    process.execPath,
    ['--import', hook, '--input-type=module', '-e', text, JSON.stringify(given)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

/** Command lines of every process of this machine, by process id. */
function processes(): [pid: number, line: string][] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return [Number(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [Number(pid), ''];
      }
    });
}

export const commandLines = (): string =>
  processes()
    .map(([, line]) => line)
    .join('\n');

/** Ends what works in a folder of this test's own. */
export function killBy(directory: string): void {
  for (const [pid, line] of processes())
    if (pid !== process.pid && line.includes(directory)) process.kill(pid, 'SIGKILL');
}

export { openLocalStore };
