import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  generateSigningKey,
  lastVerification,
  listBackups,
  planPrune,
  prune,
  recordVerification,
  segmentName,
  signManifest,
  signerFrom,
  trustedKeys,
  type BackupManifest,
  type PruneRequest,
  type Verification,
} from '../../src/backup/index.js';
import { canonicalJson } from '../../src/base/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-prune-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const fresh = () => openLocalStore(join(directory, String((count += 1))));

const key = generateSigningKey();
const signer = signerFrom(key.privateKey);
const trusted = trustedKeys(key.publicKey);
const day = 86_400_000;
const now = new Date('2027-03-01T00:00:00.000Z');
const segmentBytes = 16 * 1024 * 1024;
const system = '7000000000000000001';

interface Given {
  readonly age: number;
  readonly kind?: BackupManifest['kind'];
  readonly source?: string;
  readonly verified?: boolean;
  /** Segment its log begins in. */
  readonly segment?: number;
  readonly label?: string;
  readonly needs?: readonly string[];
}

/** A set as any maker of sets leaves it, of the age wanted. */
async function put(store: LocalStore, given: Given): Promise<string> {
  const at = new Date(now.getTime() - given.age * day);
  const kind = given.kind ?? 'physical';
  const stamp = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  const id = `${stamp}-${kind}-${(count += 1).toString(16).padStart(6, '0')}`;
  const lsn = `0/${((given.segment ?? 1) * segmentBytes).toString(16).toUpperCase()}`;
  const manifest = {
    ...{
      format: 'firedrill-backup-1',
      id,
      kind,
      source: given.source ?? 'production',
      encryption: [],
      losses: [],
    },
    server: { systemIdentifier: system, walSegmentBytes: segmentBytes, timeline: 1 },
    times: { engineEnded: at.toISOString() },
    wal: { startLsn: lsn, stopLsn: lsn, timeline: 1, expectationLsn: lsn },
    ...{ dump: { databases: [] }, tools: {}, expectation: {}, compression: 'none' },
    repository: { stanza: 'main', repo: 1, label: given.label ?? id, type: 'full', needs: given.needs ?? [] },
    files: [{ name: 'base.tar', bytes: 10, sha256: '' }],
  } as unknown as BackupManifest;
  await store.put(`${id}/base.tar`, Buffer.alloc(10));
  await store.put(`${id}/manifest.json`, Buffer.from(canonicalJson(await signManifest(manifest, signer))));
  if (given.verified === true) {
    const set = { id, manifest, signedBy: signer.keyId };
    const passed = {
      passed: true,
      scope: 'full',
      tests: [],
      endedAt: at.toISOString(),
    } as unknown as Verification;
    await recordVerification(store, set, passed, signer);
  }
  return id;
}

const request = (store: LocalStore, changes: Partial<PruneRequest> = {}): PruneRequest => ({
  ...{ store, trusted, now, retention: { keep: 2, forMs: 30 * day } },
  ...changes,
});

const goes = async (store: LocalStore, changes: Partial<PruneRequest> = {}) =>
  (await planPrune(request(store, changes))).sets.filter((set) => set.remove).map((set) => set.id);

describe('what may be removed from a store', () => {
  it('is what is old, not among the newest and not the last verified', async () => {
    const store = fresh();
    const [old, verified, third, second, first] = [
      await put(store, { age: 60 }),
      await put(store, { age: 50, verified: true }),
      await put(store, { age: 45 }),
      await put(store, { age: 44 }),
      await put(store, { age: 43 }),
    ];
    const plan = await planPrune(request(store));
    expect(Object.fromEntries(plan.sets.map((set) => [set.id, set.why.replace(/\(.*\)/, '()')]))).toEqual({
      [first]: 'it is among the newest 2',
      [second]: 'it is among the newest 2',
      [third]: 'it is 45 days old, and newer ones are there',
      [verified]: 'it is the last verified one ()',
      [old]: 'it is 60 days old, and newer ones are there',
    });
    expect(plan.warnings).toEqual([]);
  });

  it('never leaves a source without the set that is known to work, whatever was taken and verified when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            age: fc.integer({ min: 0, max: 400 }),
            verified: fc.boolean(),
            source: fc.constantFrom('a', 'b'),
            kind: fc.constantFrom('physical' as const, 'logical' as const),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 3 }),
        async (given, keep) => {
          const store = fresh();
          for (const one of given) await put(store, one);
          const before = await planPrune(request(store, { retention: { keep, forMs: 30 * day } }));
          await prune(store, before);
          const after = await listBackups(store, trusted);
          expect(after.broken).toEqual([]);
          for (const set of before.sets) {
            const same = (other: { source: string; kind: string }) =>
              other.source === set.source && other.kind === set.kind;
            const left = after.sets.filter((one) => same(one.manifest));
            const group = before.sets.filter(same);
            expect(left.length).toBeGreaterThanOrEqual(Math.min(keep, group.length));
            const lastVerified = group.find((one) => one.verifiedAt !== null);
            if (lastVerified !== undefined) expect(left.map((one) => one.id)).toContain(lastVerified.id);
          }
          expect(await goes(store, { retention: { keep, forMs: 30 * day } })).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is nothing that a kept incremental set builds on', async () => {
    const store = fresh();
    const kind = 'pgbackrest' as const;
    const full = await put(store, { age: 90, kind, label: 'F1' });
    const other = await put(store, { age: 80, kind, label: 'F0' });
    await put(store, { age: 41, kind, label: 'F1_D', needs: ['F1'] });
    await put(store, { age: 40, kind, label: 'F1_D_I', needs: ['F1', 'F1_D'] });
    const plan = await planPrune(request(store, { retention: { keep: 1, forMs: day } }));
    expect(plan.sets.filter((set) => set.remove).map((set) => set.id)).toEqual([other]);
    expect(plan.sets.find((set) => set.id === full)!.why).toContain('needs it');
  });

  it('is no copy that was taken before a restore: that goes when the restore is accepted', async () => {
    const store = fresh();
    await put(store, { age: 300, kind: 'logical', source: 'production-before-restore' });
    await put(store, { age: 200, kind: 'logical', source: 'production-before-restore' });
    expect(await goes(store, { retention: { keep: 1, forMs: day } })).toEqual([]);
  });

  it('leaves other sources and whatever it does not understand alone, and says what was never verified', async () => {
    const store = fresh();
    await put(store, { age: 300, source: 'staging' });
    await put(store, { age: 200 });
    await put(store, { age: 100 });
    mkdirSync(join(store.directory, '2020-01-01T000000Z-physical-ffffff'));
    const plan = await planPrune(
      request(store, { source: 'production', retention: { keep: 1, forMs: day } }),
    );
    expect(plan.sets.map((set) => [set.source, set.remove])).toEqual([
      ['production', false],
      ['production', true],
    ]);
    expect(plan.unknown).toMatchObject([{ id: '2020-01-01T000000Z-physical-ffffff' }]);
    expect(plan.wal.staysBecause).toContain('cannot be judged');
    expect(plan.warnings).toEqual([
      'no physical set of production was ever verified: what stays may not restore',
    ]);
    await prune(store, plan);
    expect(existsSync(join(store.directory, '2020-01-01T000000Z-physical-ffffff'))).toBe(true);
  });

  it('includes the log before the oldest kept set of the same system, in the store and at the receiver', async () => {
    const store = fresh();
    const walDirectory = join(directory, 'receiver');
    mkdirSync(walDirectory);
    await put(store, { age: 90, segment: 3 });
    await put(store, { age: 2, segment: 6 });
    const segment = (number: number, of = system) => {
      const header = Buffer.alloc(40);
      header.writeBigUInt64LE(BigInt(of), 24);
      return { name: segmentName({ timeline: 1, number: BigInt(number) }, segmentBytes), header };
    };
    for (const number of [4, 5, 6, 7]) {
      const { name, header } = segment(number);
      await store.put(`wal/${system}/${name}.zst`, header);
      writeFileSync(join(walDirectory, name), header);
    }
    const foreign = segment(2, '1');
    writeFileSync(join(walDirectory, foreign.name), foreign.header);
    await store.put(`wal/${system}/00000002.history.zst`, Buffer.from('x'));
    await store.put(`wal/1/${foreign.name}.zst`, Buffer.from('x'));
    const plan = await planPrune(request(store, { walDirectory, retention: { keep: 1, forMs: 30 * day } }));
    await prune(store, plan);
    const names = [4, 5, 6, 7].map((number) => segment(number).name);
    expect(readdirSync(walDirectory).sort()).toEqual([foreign.name, names[2], names[3]].sort());
    expect(readdirSync(join(store.directory, 'wal', system)).sort()).toEqual(
      [`${names[2]}.zst`, `${names[3]}.zst`, '00000002.history.zst'].sort(),
    );
    expect(readdirSync(join(store.directory, 'wal', '1'))).toEqual([`${foreign.name}.zst`]);
  });

  it('is never a whole set, although an interrupted prune left its mark there and its key is not trusted now', async () => {
    const store = fresh();
    const id = await put(store, { age: 90 });
    await store.put(`${id}/removing.json`, Buffer.from('{}'));
    const stranger = trustedKeys(generateSigningKey().publicKey);
    const plan = await planPrune({ ...request(store), trusted: stranger });
    expect(plan).toMatchObject({ unfinished: [], unknown: [{ id }] });
    await prune(store, plan);
    expect((await listBackups(store, trusted)).sets).toHaveLength(1);
  });

  it('is not what another store knows to work', async () => {
    const store = fresh();
    const proven = await put(store, { age: 90 });
    const unproven = await put(store, { age: 80 });
    await put(store, { age: 1 });
    const verifiedElsewhere = new Map([[proven, now.toISOString()]]);
    expect(await goes(store, { verifiedElsewhere, retention: { keep: 1, forMs: day } })).toEqual([unproven]);
  });

  it('is what another set under the same id passed: a note counts for the very manifest it was made for', async () => {
    const store = fresh();
    const id = await put(store, { age: 90, verified: true });
    await put(store, { age: 1 });
    const [set] = (await listBackups(store, trusted)).sets.filter((one) => one.id === id);
    expect(await lastVerification(store, set!, trusted)).toMatchObject({ by: signer.keyId });
    // Whoever has the host's key can put something else there, and sign it.
    const manifest = { ...set!.manifest, files: [{ name: 'base.tar', bytes: 10, sha256: 'other' }] };
    await store.delete(`${id}/manifest.json`);
    await store.put(`${id}/manifest.json`, Buffer.from(canonicalJson(await signManifest(manifest, signer))));
    const [other] = (await listBackups(store, trusted)).sets.filter((one) => one.id === id);
    expect(await lastVerification(store, other!, trusted)).toBeNull();
    expect(await goes(store, { retention: { keep: 1, forMs: day } })).toEqual([id]);
  });

  it('is finished by the next prune when one was interrupted, and never listed in between', async () => {
    const store = fresh();
    const gone = await put(store, { age: 90 });
    await put(store, { age: 1 });
    // As a prune leaves it that was killed after the manifest.
    await store.put(`${gone}/removing.json`, Buffer.from('{}'));
    await store.delete(`${gone}/manifest.json`);
    expect((await listBackups(store, trusted)).sets).toHaveLength(1);
    const plan = await planPrune(request(store));
    expect(plan.unfinished).toEqual([gone]);
    await prune(store, plan);
    expect(existsSync(join(store.directory, gone))).toBe(false);
  });
});
