import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { segmentName, shipWal, stageWal, walContinuity } from '../../src/backup/index.js';
import { serverAccount } from '../../src/postgres/index.js';
import { openS3Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { engine, filesIn, identityIn, keysIn, openLocalStore, useFolder } from './sealed-ground.js';

const directory = useFolder('ship');
let count = 0;
const place = () => join(directory, String((count += 1)));
const operations = await identityIn(directory, 'operations.key');
const identities = [operations.path];
const segmentBytes = 1024 * 1024;
const systemIdentifier = '7000000000000000077';
const name = (timeline: number, number: number) =>
  segmentName({ timeline, number: BigInt(number) }, segmentBytes);

/** What a receiver leaves: segments whose first page says where in which system's log they belong. */
function receiver(): {
  walDirectory: string;
  readonly put: (timeline: number, number: number, ending?: string, system?: bigint) => void;
} {
  const walDirectory = place();
  mkdirSync(walDirectory);
  return {
    walDirectory,
    put(timeline, number, ending = '', system = BigInt(systemIdentifier)) {
      const bytes = Buffer.concat([randomBytes(segmentBytes / 2), Buffer.alloc(segmentBytes / 2)]);
      bytes.writeBigUInt64LE(BigInt(number) * BigInt(segmentBytes), 8);
      bytes.writeBigUInt64LE(system, 24);
      writeFileSync(join(walDirectory, name(timeline, number) + ending), bytes);
    },
  };
}

let s3: ObjectStoreGround;
beforeAll(async () => (s3 = await openObjectStoreGround()));
afterAll(async () => s3.remove());

describe.each([
  ['a folder', false, () => openLocalStore(place())],
  ['a folder, encrypted', true, () => openLocalStore(place())],
  ['S3', false, () => s3.fresh('plain')],
  ['S3, encrypted', true, () => s3.fresh('plain')],
])('the log in %s', (_title, encrypted, fresh) => {
  const recipients = encrypted ? [operations.recipient] : [];
  const common = { systemIdentifier, segmentBytes };
  const ending = encrypted ? '.zst.age' : '.zst';

  it('is what was complete, each once; it comes back byte for byte along the newest timeline', async () => {
    const store = fresh();
    const { walDirectory, put } = receiver();
    for (const number of [3, 4, 5]) put(1, number);
    put(1, 6, '.partial');
    writeFileSync(join(walDirectory, 'receiver.log'), 'noise');
    const request = { ...common, walDirectory, store, recipients };
    expect(await shipWal(request)).toEqual({ shipped: 3, already: 0, upTo: '0/600000' });
    expect(await keysIn(store)).toEqual(
      [3, 4, 5].map((n) => `wal/${systemIdentifier}/${name(1, n)}${ending}`),
    );
    for (const number of [6, 7]) put(2, number);
    writeFileSync(join(walDirectory, '00000002.history'), '1\t0/680000\tx\n');
    expect(await shipWal(request)).toEqual({ shipped: 3, already: 3, upTo: '0/800000' });
    expect(await shipWal(request)).toEqual({ shipped: 0, already: 6, upTo: '0/800000' });

    const into = place();
    const asked = { ...common, store, timeline: 1, fromLsn: '0/400028', into, identities };
    const staged = await stageWal(asked);
    expect(staged).toMatchObject({ directory: into, segments: 4, gap: null });
    const there = filesIn(into);
    expect(Object.keys(there).sort()).toEqual(
      ['.staged', name(1, 4), name(1, 5), '00000002.history', name(2, 6), name(2, 7)].sort(),
    );
    const original = filesIn(walDirectory);
    for (const one of Object.keys(there).filter((file) => file !== '.staged'))
      expect(there[one]).toEqual(original[one]);
    expect(
      await walContinuity({ ...common, directory: into, timeline: 1, fromLsn: '0/400028' }),
    ).toMatchObject({ unbroken: true, segments: 4, timeline: 2 });
    const kept = statSync(join(into, name(1, 5))).ino;
    truncateSync(join(into, name(1, 4)), 100);
    await stageWal(asked);
    expect(statSync(join(into, name(1, 5))).ino).toBe(kept);
    expect(filesIn(into)[name(1, 4)]).toEqual(original[name(1, 4)]);
    await staged.release();
    expect(existsSync(into)).toBe(false);
  });

  it('tells its first gap, and has to begin where it is asked to', async () => {
    const store = fresh();
    const { walDirectory, put } = receiver();
    for (const number of [3, 4, 6, 7]) put(1, number);
    await shipWal({ ...common, walDirectory, store, recipients });
    const asked = { ...common, store, timeline: 1, into: place(), identities };
    const staged = await stageWal({ ...asked, fromLsn: '0/300000' });
    expect(staged).toMatchObject({ segments: 2, gap: name(1, 5) });
    expect(await failureOf(stageWal({ ...asked, into: place(), fromLsn: '0/500000' }))).toMatchObject({
      reason: 'check',
      message: expect.stringContaining(name(1, 5)) as string,
    });
  });

  it('takes no segment of another system or of another size: the others come over, and this one is named', async () => {
    const store = fresh();
    const { walDirectory, put } = receiver();
    put(1, 3);
    put(1, 4, '', 5n);
    put(1, 5);
    truncateSync(join(walDirectory, name(1, 5)), 1000);
    const failure = await failureOf(shipWal({ ...common, walDirectory, store, recipients }));
    expect(failure.reason).toBe('check');
    expect(failure.message).toContain(`segment ${name(1, 4)} belongs to system 5`);
    expect(failure.message).toContain(`segment ${name(1, 5)} has 1000 bytes`);
    expect(await keysIn(store)).toEqual([`wal/${systemIdentifier}/${name(1, 3)}${ending}`]);
  });

  it('gives nothing of an object that is cut or holds another segment', async () => {
    const { walDirectory, put } = receiver();
    put(1, 3);
    put(1, 4);
    const source = openLocalStore(place());
    await shipWal({ ...common, walDirectory, store: source, recipients });
    const prefix = `wal/${systemIdentifier}`;
    const bytes = readFileSync(join(source.directory, prefix, `${name(1, 3)}${ending}`));
    for (const wrong of [
      bytes.subarray(0, bytes.length >> 1),
      readFileSync(join(source.directory, prefix, `${name(1, 4)}${ending}`)),
    ]) {
      const store = fresh();
      await store.put(`${prefix}/${name(1, 3)}${ending}`, wrong);
      const into = place();
      const failure = await failureOf(
        stageWal({ ...common, store, timeline: 1, fromLsn: '0/300000', into, identities }),
      );
      expect(failure.reason).toBe('check');
      expect(failure.message).toContain(name(1, 3));
      expect(Object.keys(filesIn(into))).toEqual(['.staged']);
    }
  });
});

it('opens with the stock programs: age and zstd', async () => {
  const store = openLocalStore(place());
  const { walDirectory, put } = receiver();
  put(1, 3);
  await shipWal({ walDirectory, store, systemIdentifier, segmentBytes, recipients: [operations.recipient] });
  const key = join(store.directory, 'wal', systemIdentifier, `${name(1, 3)}.zst.age`);
  const packed = execFileSync('age', ['-d', '-i', operations.path, key]);
  const plain = execFileSync('zstd', ['-d', '-q', '-c'], { input: packed, maxBuffer: 2 * segmentBytes });
  expect(plain.equals(readFileSync(join(walDirectory, name(1, 3))))).toBe(true);
  const lost = await failureOf(
    stageWal({ store, systemIdentifier, segmentBytes, timeline: 1, fromLsn: '0/300000', into: place() }),
  );
  expect(lost).toMatchObject({
    reason: 'unavailable',
    message: expect.stringContaining('no identity file was given') as string,
  });
});

it.runIf(process.getuid?.() === 0)('belongs to the account that recovers with it', async () => {
  const store = openLocalStore(place());
  const { walDirectory, put } = receiver();
  put(1, 3);
  await shipWal({ walDirectory, store, systemIdentifier, segmentBytes });
  const account = (await serverAccount())!;
  chmodSync(directory, 0o711);
  const into = place();
  await stageWal({ store, systemIdentifier, segmentBytes, timeline: 1, fromLsn: '0/300000', into, account });
  expect([statSync(into).uid, statSync(join(into, name(1, 3))).uid]).toEqual([account.uid, account.uid]);
});

it('a shipper that is killed leaves whole segments only, and no plain log in the temporary folder', async () => {
  const settings = s3.settings('plain');
  const store = openS3Store(settings);
  const { walDirectory, put } = receiver();
  for (let number = 1; number <= 30; number += 1) put(1, number);
  const before = new Set(readdirSync(tmpdir()));
  const request = { walDirectory, systemIdentifier, segmentBytes, recipients: [operations.recipient] };
  const child = engine(
    `import { shipWal } from 'src:backup/index.ts';
     import { openS3Store } from 'src:store/index.ts';
     const store = openS3Store(given.settings);
     await shipWal({ ...given.request, store: { ...store, putFile: async (...all) => {
       const done = await store.putFile(...all); process.stdout.write('.'); return done; } } });`,
    { settings, request },
  );
  const gone = once(child, 'exit');
  let shipped = 0;
  child.stdout!.on('data', (chunk: Buffer) => {
    shipped += chunk.length;
    if (shipped >= 5) child.kill('SIGKILL');
  });
  await gone;
  for (const left of readdirSync(tmpdir()).filter(
    (one) => one.startsWith('firedrill-wal-') && !before.has(one),
  ))
    for (const bytes of Object.values(filesIn(join(tmpdir(), left))))
      expect(bytes.length === 0 || bytes.toString('latin1').startsWith('age-encryption.org/')).toBe(true);
  const rest = await shipWal({ ...request, store });
  expect(readdirSync(tmpdir())).not.toContainEqual(expect.stringContaining(`firedrill-wal-${child.pid}-`));
  expect(rest.already).toBeGreaterThanOrEqual(5);
  expect(rest.shipped + rest.already).toBe(30);
  const staged = await stageWal({
    store,
    ...request,
    timeline: 1,
    fromLsn: '0/100000',
    into: place(),
    identities,
  });
  expect(staged).toMatchObject({ segments: 30, gap: null });
});
