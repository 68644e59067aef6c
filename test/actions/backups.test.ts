import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment, NamedStore } from '../../src/actions/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { database, useActionGround } from './action-ground.js';

const hour = 3_600_000;

describe('backups in a runbook', () => {
  const ground = useActionGround();
  let s3: ObjectStoreGround;
  let vault: NamedStore;
  beforeAll(async () => {
    s3 = await openObjectStoreGround();
    vault = { store: s3.fresh('lockable', { lock: { mode: 'governance' } }), lockMs: hour };
  });
  afterAll(async () => s3.remove());

  /** The lab with two more stores, as a configuration would name them. */
  function withStores(): Environment {
    const { environment, lab } = ground.on;
    const stores = new Map<string, () => NamedStore>([
      ...environment.stores,
      ['far', () => ({ store: openLocalStore(`${lab.paths.backups}-far`), lockMs: null })],
      ['vault', () => vault],
    ]);
    return { ...environment, stores };
  }

  it('are taken both ways, listed, verified and copied, and a copy is looked at where it lies', async () => {
    const { on } = ground;
    const environment = withStores();
    const act = async (name: string, args = {}) => on.act(name, args, undefined, environment);
    const { backup } = await act('postgres.backup', { way: 'logical' });
    const verified = await act('postgres.verify', { backup: backup! });
    expect(verified).toMatchObject({ ok: true, failed: [] });
    expect(await act('store.list', { store: 'lab' })).toMatchObject({
      newest: backup,
      lastVerified: backup,
      broken: [],
    });
    expect(await act('store.check', { store: 'vault' })).toMatchObject({
      ok: true,
      versioning: true,
      objectLock: true,
    });

    expect(await act('store.has', { store: 'far', backup: backup! })).toMatchObject({
      ok: false,
      problems: ['it is not in the store'],
    });
    const plain = await act('store.copy', { backup: backup!, to: 'far' });
    expect(plain).toMatchObject({ skipped: 0, lockedUntil: null });
    const again = await act('store.copy', { backup: backup!, to: 'far' });
    expect(again).toMatchObject({ bytes: 0 });
    expect(await act('store.has', { store: 'far', backup: backup! })).toMatchObject({
      ok: true,
      lockedUntil: null,
    });

    await act('store.copy', { backup: backup!, to: 'vault' });
    const there = await act('store.has', { store: 'vault', backup: backup! });
    expect(there).toMatchObject({ ok: true, problems: [] });
    expect(Date.parse(there['lockedUntil'] as string)).toBeGreaterThan(Date.now() + hour / 2);
    // Locked: however old it were, it stays.
    const pruned = await act('store.prune', { store: 'vault', keep: 1, for: '1ms' });
    expect(pruned).toMatchObject({ removed: [] });
  });

  it('bring a database back beside the others, and single tables into the live one', async () => {
    const { on } = ground;
    const { backup } = await on.act('postgres.backup', { way: 'logical' });
    await on.act('postgres.restore-database', { backup: backup!, database, as: 'looked_at' });
    expect(await on.ok('postgres.database-is-there', { database: 'looked_at' })).toBe(true);
    expect(await on.ok('postgres.database-is-there', { database: 'never_made' })).toBe(false);
    expect(
      (await on.refusal('postgres.restore-database', { backup: backup!, database, as: 'looked_at' })).reason,
    ).toBe('refused');

    const physical = await on.act('postgres.backup');
    await on.act('postgres.restore', { backup: physical['backup']!, into: 'side', until: 'latest' });
    const gone = await on.query(
      `delete from public.payments where id in (select id from public.payments order by id limit 3) returning id`,
    );
    expect(gone).toHaveLength(3);
    const wanted = { database, tables: ['public.payments'], mode: 'merge-missing' };
    expect(await on.act('postgres.bring-back-tables', wanted)).toMatchObject({ inserted: 3, conflicting: 0 });
    expect(await on.query('select id from public.payments order by id limit 3')).toEqual(gone);
  });

  it('name the stores there are when somebody types another', async () => {
    const failure = await ground.on.refusal('store.check', { store: 'lba' });
    expect(failure.reason).toBe('invalid');
    expect(failure.hint).toBe('Stores: lab.');
  });
});
