import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reserveSlot, startWalReceiver, stopWalReceiver, walReach } from '../../src/backup/index.js';
import { stopCluster } from '../../src/postgres/index.js';
import { useBackupGround } from './ground.js';

const test = useBackupGround();

it('a receiver that died is seen, however much of its last segment lies on disk: the restore that lost rows and said "unbroken"', async () => {
  const { primary, ground, walDirectory } = test;
  expect(await walReach(primary, 'drill')).toMatchObject({ reach: 'complete' });

  await stopWalReceiver(walDirectory);
  const session = await test.session();
  await session.query('insert into canary select generate_series(1001, 1500)').finally(() => session.end());
  const behind = await walReach(primary, 'drill', 300);
  expect(behind.reach).toBe('incomplete');
  expect(behind.said).toMatch(/^NOT every commit: the server is at \S+, received only up to \S+$/);

  await startWalReceiver({ tools: ground.tools, location: primary, directory: walDirectory, slot: 'drill' });
  expect(await walReach(primary, 'drill')).toMatchObject({ reach: 'complete' });
  expect(await walReach(primary, 'no-such-slot', 100)).toMatchObject({
    reach: 'incomplete',
    said: expect.stringContaining('nothing receives its WAL') as string,
  });
});

it('a receiver that was killed while it made a segment starts again: the short .partial that none would start beside', async () => {
  const { primary, ground, walDirectory } = test;
  await stopWalReceiver(walDirectory);
  const partial = readdirSync(walDirectory).find((name) => name.endsWith('.partial'))!;
  truncateSync(join(walDirectory, partial), 15_441_920);
  await startWalReceiver({ tools: ground.tools, location: primary, directory: walDirectory, slot: 'drill' });
  expect(await walReach(primary, 'drill')).toMatchObject({ reach: 'complete' });
});

it('a slot that is reserved keeps the log for a receiver that comes later: the protection that came too late', async () => {
  const { primary } = test;
  await reserveSlot(primary, 'later');
  await reserveSlot(primary, 'later');
  const session = await test.session();
  try {
    for (let at = 0; at < 4; at += 1) {
      await session.query('select pg_switch_wal()');
      await session.query('checkpoint');
    }
    const [slot] = await session.query(
      `select wal_status, restart_lsn is not null as reserved from pg_replication_slots where slot_name = 'later'`,
    );
    expect(slot).toMatchObject({ reserved: true });
    expect(['reserved', 'extended']).toContain(slot?.['wal_status']);
    await session.query(`select pg_drop_replication_slot('later')`);
  } finally {
    await session.end();
  }
});

it('of a server that does not answer nothing is said', async () => {
  await stopWalReceiver(test.walDirectory);
  await stopCluster(test.ground.tools, test.primary, 'fast');
  expect(await walReach(test.primary, 'drill', 100)).toEqual({
    reach: 'not-known',
    said: 'not known how far: the server does not answer',
  });
});
