import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Failure } from '../../src/base/index.js';
import {
  dropSlot,
  fileProblems,
  generateSigningKey,
  inFolder,
  listBackups,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
  takeLogicalBackup,
  trustedKeys,
  type Progress,
} from '../../src/backup/index.js';
import { startCluster, type ClusterLocation, type PostgresTools } from '../../src/postgres/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';
import { engine } from './sealed-ground.js';

const key = generateSigningKey();
export const signer = signerFrom(key.privateKey);
export const trusted = trustedKeys(key.publicKey);

export type Way = 'logical' | 'physical';
/** The program that copies. */
export const copierOf: { readonly [way in Way]: string } = { logical: 'pg_dump', physical: 'pg_basebackup' };

interface Request {
  readonly store: LocalStore;
  readonly tools?: PostgresTools;
  readonly location?: ClusterLocation;
  readonly recipients?: readonly string[];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

/** Text that hardly compresses, so that a copy of it takes a while. */
const schema = `
  create table parcels(id int primary key, note text);
  insert into parcels select i, (select string_agg(md5((i * 64 + j)::text), '') from generate_series(1, 64) j)
    from generate_series(1, 12000) i;
  create table canary(id bigint primary key); insert into canary select generate_series(1, 10);
  create role clerk; grant select on parcels to clerk`;

/** A server with something to copy, one way of copying it, and stores of their own for every test. */
export function useFailingGround(way: Way) {
  const made = {} as { ground: Ground; primary: ClusterLocation };
  const walDirectory = () => join(made.ground.directory, 'wal');
  const receive = async () => {
    if (way === 'logical') return;
    const { ground, primary } = made;
    const receiver = { tools: ground.tools, location: primary, directory: walDirectory(), slot: 'failing' };
    await startWalReceiver(receiver);
  };
  const mounts: string[] = [];
  beforeAll(async () => {
    made.ground = await openGround();
    made.primary = await made.ground.cluster('primary');
    await made.ground.withSession(made.primary, async (session) => session.query(schema));
    await receive();
  });
  afterAll(async () => {
    if (way === 'physical') {
      await stopWalReceiver(walDirectory());
      await dropSlot(made.primary, 'failing').catch(() => false);
    }
    for (const one of mounts) execFileSync('umount', ['-l', one]);
    await made.ground.remove();
  });

  const common = {
    get location() {
      return made.primary;
    },
    source: 'test',
    policy: { staticTables: ['parcels'], appendOnly: { canary: 'id' } },
  };
  const openStore = async (): Promise<LocalStore> => {
    const directory = await mkdtemp(join(made.ground.directory, 'store-'));
    await chmod(directory, 0o711);
    return openLocalStore(directory);
  };
  const take = async (request: Request): Promise<string> => {
    const all = { tools: made.ground.tools, ...common, signer, jobs: 1, ...request };
    const { manifest } = await (way === 'logical'
      ? takeLogicalBackup(all)
      : takeBackup({ ...all, kind: 'physical', walDirectory: walDirectory() }));
    return manifest.id;
  };

  /** Everything that must hold after a failure: the old sets are whole, nothing else is there, and the next backup succeeds. */
  const requireUnharmed = async (store: LocalStore, before: readonly string[]): Promise<void> => {
    expect(
      readdirSync(store.directory)
        .filter((name) => name !== 'filler')
        .sort(),
    ).toEqual([...before].sort());
    const { sets, broken } = await listBackups(store, trusted);
    expect(broken).toEqual([]);
    for (const set of sets)
      expect(await fileProblems(inFolder(store, set).directory, set.manifest.files)).toEqual([]);
    expect(sets.map((set) => set.id).sort()).toEqual([...before].sort());
  };

  return {
    get ground() {
      return made.ground;
    },
    get primary() {
      return made.primary;
    },
    openStore,
    take,
    requireUnharmed,
    /** The server again after it was killed, and whoever follows it. */
    async revive(): Promise<void> {
      await vi.waitFor(async () => startCluster(made.ground.tools, made.primary), {
        timeout: 30_000,
        interval: 300,
      });
      await receive();
    },
    /** A store on a disk of its own. */
    async smallDisk(megabytes: number): Promise<LocalStore> {
      const store = await openStore();
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'tmpfs', store.directory]);
      mounts.push(store.directory);
      return store;
    },
    /** Tools of which one program is a script of ours; `$REAL` is the program itself. */
    async replace(program: string, script: string): Promise<PostgresTools> {
      const { tools, directory } = made.ground;
      const folder = await mkdtemp(join(directory, 'program-'));
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o777);
      const file = join(folder, program);
      writeFileSync(file, `#!/bin/sh\nREAL=${tools.path(program)}\nAT=${folder}\n${script}\n`, {
        mode: 0o755,
      });
      return { ...tools, path: (name) => (name === program ? file : tools.path(name)) };
    },
    /** Takes a backup whose copying program is held still in the middle of the data; then it goes on. */
    async inTheMiddle(
      store: LocalStore,
      work: () => Promise<void> | void,
      more: Partial<Request> = {},
    ): Promise<Promise<string>> {
      const tools = await this.replace(copierOf[way], holdStill);
      const folder = join(tools.path(copierOf[way]), '..');
      let ended = false;
      const taking = take({ store, tools, ...more }).finally(() => (ended = true));
      taking.catch(() => undefined);
      await vi.waitFor(
        () => {
          if (!ended) expect(existsSync(join(folder, 'held'))).toBe(true);
        },
        { timeout: 30_000, interval: 5 },
      );
      expect(ended).toBe(false);
      expect(copiedBytes(store)).toBeGreaterThan(100_000);
      await work();
      writeFileSync(join(folder, 'go'), '');
      return taking;
    },
    /** An engine of its own that takes a backup and is killed: so long after it began, or when it says a word. */
    async killEngine(
      store: LocalStore,
      when: number | string,
      recipients: readonly string[] = [],
    ): Promise<void> {
      const child = engine(
        `import { signerFrom, takeBackup, takeLogicalBackup } from 'src:backup/index.ts';
         import { findTools } from 'src:postgres/index.ts';
         import { openLocalStore } from 'src:store/index.ts';
         const request = { ...given, tools: await findTools(), store: openLocalStore(given.store), signer: signerFrom(given.key), jobs: 1,
           progress: (p) => process.stdout.write(p.stage + '\\n') };
         process.stdout.write('begun\\n');
         await (given.way === 'logical' ? takeLogicalBackup(request) : takeBackup(request));`,
        {
          ...{
            way,
            kind: 'physical',
            location: made.primary,
            source: 'test',
            policy: common.policy,
            recipients,
          },
          ...{ store: store.directory, key: key.privateKey, walDirectory: walDirectory() },
        },
      );
      const gone = once(child, 'exit');
      child.stdout!.on('data', (chunk: Buffer) => {
        const said = chunk.toString();
        if (typeof when === 'string' && said.includes(when)) child.kill('SIGKILL');
        if (typeof when === 'number' && said.includes('begun')) setTimeout(() => child.kill('SIGKILL'), when);
      });
      const [code] = (await gone) as [number | null];
      expect([null, 0]).toContain(code);
    },
  };
}

/** Stops the program as soon as it has written something, says so, and lets it go on when it is told. */
const holdStill = `
case "$*" in --help|--version) exec "$REAL" "$@";; esac
"$REAL" "$@" & p=$!
trap 'kill -CONT $p; kill -TERM $p; wait $p; exit 143' TERM
for a in "$@"; do case "$a" in */*) d=$a;; esac; done
while kill -0 $p 2>/dev/null && [ -z "$(find "\${d#--*=}" -type f -size +200k 2>/dev/null)" ]; do sleep 0.005; done
kill -STOP $p; : > "$AT/held"
until [ -e "$AT/go" ]; do sleep 0.01; done
kill -CONT $p; wait $p`;

/** Of sets under way. */
export function copiedBytes(store: LocalStore): number {
  const partials = readdirSync(store.directory).filter((name) => name.endsWith('.partial'));
  const files = partials.flatMap((name) =>
    readdirSync(join(store.directory, name), { recursive: true, withFileTypes: true }),
  );
  return files.reduce(
    (sum, one) => sum + (one.isFile() ? statSync(join(one.parentPath, one.name)).size : 0),
    0,
  );
}

/** What is told to people ends in something that they can do. */
export function expectHelp(failure: Failure, ...words: readonly RegExp[]): void {
  expect(failure.hint, failure.message).toMatch(/^[A-Z].*\.$/s);
  const text = `${failure.message}\n${failure.hint ?? ''}`;
  for (const word of words) expect(text).toMatch(word);
}
