import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { listBackups } from '../../../src/backup/index.js';
import { declaredImmutable } from '../../../src/actions/declared/declared-immutable.js';
import { stateFile } from '../../../src/actions/index.js';
import { isAlive } from '../../../src/children/index.js';
import {
  immutableLacks,
  labTrustedKeys,
  objectStoreProcess,
  objectStoreTools,
  ownerStore,
  setLoad,
  writerStore,
  type Lab,
} from '../../../src/lab/index.js';
import { identityOf } from '../../../src/lab/immutable/places.js';
import { failureOf } from '../../postgres/failure-of.js';
import { eventually, makeTestLab, processesNaming, withTestLab } from '../lab-fixture.js';

const keysIn = async (store: ReturnType<typeof ownerStore>, prefix = '') => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};

it('copies its encrypted backup and its log outside, and leaves nothing', async () => {
  let directory = '';
  await withTestLab({ scale: 0.5, protect: true, immutable: true }, async ({ lab }) => {
    const { immutable } = lab.state();
    directory = immutable!.directory;
    const owner = ownerStore(lab.state());
    const { sets, broken } = await listBackups(owner, labTrustedKeys(lab));
    expect(broken).toEqual([]);
    expect(sets).toHaveLength(1);
    expect(sets[0]!.manifest.encryption).toHaveLength(2);
    expect(sets[0]!.manifest.files.every(({ name, plain }) => name.endsWith('.age') && plain)).toBe(true);
    for (const { name } of sets[0]!.manifest.files)
      expect(await owner.head(`${sets[0]!.id}/${name}`)).toMatchObject({ lockMode: 'compliance' });
    await asDeclared(lab);
    await setLoad(lab, 20);
    const before = (await keysIn(owner, 'wal/')).length;
    expect(before).toBeGreaterThan(0);
    await eventually('more log outside', async () => (await keysIn(owner, 'wal/')).length > before);
    expect((await keysIn(owner, 'wal/')).every((key) => key.endsWith('.zst.age'))).toBe(true);
    expect((await keysIn(writerStore(lab.paths, lab.state()))).length).toBeGreaterThan(before);

    // What opens the sets lies nowhere on the database's host.
    for (const folder of [lab.paths.secrets, lab.paths.clusters, lab.paths.backups, lab.paths.wal])
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
        if (entry.isFile())
          expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain('AGE-SECRET-KEY');
    expect(readFileSync(identityOf(lab.paths, 'escrow'), 'latin1')).toContain('AGE-SECRET-KEY');
    await changeKeysAsDeclared(lab);
  });
  expect(directory).toMatch(/^\/tmp\/fdo-/);
  expect(existsSync(directory)).toBe(false);
});

it('goes, object store and shipper too, when its engine is killed and never comes back', async () => {
  const test = await makeTestLab({ scale: 0.5, protect: true, immutable: true, heartbeatLimitMs: 4000 });
  const { lab } = test;
  const { directory } = lab.state().immutable!;
  const parts = (['monitor', 'storage', 'gateway'] as const).map((what) =>
    objectStoreProcess(directory, what)!,
  );
  expect(parts.every(isAlive)).toBe(true);
  // As a killed engine: no more signs of life, and nobody who cleans up.
  lab.release();
  await eventually('the lab to remove itself', () => !existsSync(lab.directory), 60_000);
  expect(parts.filter(isAlive)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
  // The watchdog, which removed it all, ends last.
  await eventually('the last of its processes to end', () => processesNaming(lab.directory).length === 0);
  await test.down();
});

it('one that an engine was killed over while it was made leaves nothing either', async () => {
  const test = await makeTestLab({ scale: 0.5, protect: false });
  const { lab } = test;
  const directory = mkdtempSync(join(tmpdir(), 'fdo-'));
  mkdirSync(join(directory, 'mon'));
  const common = {
    directory,
    region: 'us-east-1',
    bucket: 'b',
    prefix: 'p',
    recoverFrom: 'p',
    recipients: [],
  };
  lab.update((state) => ({ ...state, immutable: { ...common, endpoint: null } }));
  expect(await test.down()).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

it('says what is missing where it cannot be made', async () => {
  expect(await immutableLacks()).toBeNull();
  const lacks = await immutableLacks(await objectStoreTools(['/nowhere']));
  expect(lacks!.what).toContain('radosgw');
  expect(lacks!.hint).toContain('apt-get install');
});

const noState = stateFile('/dev/null/no-state');

/** The same bucket as an organisation's own, by what `firedrill.yaml` would say. */
async function asDeclared(lab: Lab): Promise<void> {
  const { endpoint, bucket, prefix, region, directory } = lab.state().immutable!;
  const credentials = { file: join(directory, 'admin.credentials') };
  const copy = (escrow?: string) =>
    declaredImmutable(
      {
        ...{ name: 'production', directory: lab.directory, path: (written: string) => written },
        stores: { offsite: { kind: 's3', bucket, prefix, region, endpoint: endpoint!, credentials } },
        declared: { immutable: { store: 'offsite', ...(escrow === undefined ? {} : { escrow }) } },
      } as unknown as Parameters<typeof declaredImmutable>[0],
      noState,
    )!;
  expect((await listBackups(copy().source(), labTrustedKeys(lab))).sets).toHaveLength(1);
  expect(await failureOf(copy().escrow.fetch())).toMatchObject({ reason: 'unavailable' });
  const identity = identityOf(lab.paths, 'escrow');
  expect(await copy(identity).escrow.fetch()).toBe(identity);
  // What firedrill cannot do there is said, and never passes as done.
  expect((await failureOf(copy(identity).writer.revoke())).hint).toContain('`immutable.writer`');
  expect((await failureOf(copy(identity).escrow.giveBack())).hint).toContain('by hand');
  expect(existsSync(identity)).toBe(true);
}

/** The host's keys are changed by commands that `firedrill.yaml` names, at a real server, and tried by firedrill itself. */
async function changeKeysAsDeclared(lab: Lab): Promise<void> {
  const { endpoint, bucket, prefix, region, directory } = lab.state().immutable!;
  const host = { file: join(directory, 'writer.credentials') };
  expect(existsSync(host.file)).toBe(true);
  const keys = (what: string) => [
    ...[process.execPath, '--input-type=module', '-e'],
    `const { ${what} } = await import(process.argv[1]); await ${what}(process.argv[2], 'writer'); console.log('copies go to copy-2');`,
    ...[resolve('dist/lab/object-store/user-keys.js'), directory],
  ];
  const state = stateFile(join(directory, 'declared-state.json'));
  await state.write({
    v: 1,
    environment: 'production',
    openedAt: new Date().toISOString(),
    clusters: [],
    names: {},
  });
  const { writer } = declaredImmutable(
    {
      ...{ name: 'production', directory: lab.directory, path: (written: string) => written },
      ...{ primary: { host: '127.0.0.1', port: 5432 }, standby: null },
      stores: { host: { kind: 's3', bucket, prefix, region, endpoint: endpoint!, credentials: host } },
      declared: {
        immutable: {
          store: 'host',
          writer: { store: 'host', revoke: keys('revokeKeys'), renew: keys('renewKeys') },
        },
      },
    } as unknown as Parameters<typeof declaredImmutable>[0],
    state,
  )!;
  expect(await writer.isRevoked()).toBe(false);
  expect(await writer.isRenewed()).toBe(false);
  await writer.revoke();
  expect(await writer.isRevoked()).toBe(true);
  // The old ones, refused, are no new ones.
  expect(await writer.isRenewed()).toBe(false);
  expect(await writer.renew()).toBe('copies go to copy-2');
  expect(await writer.isRenewed()).toBe(true);
  await expect(writer.isRevoked()).rejects.toMatchObject({ reason: 'unavailable' });
}
