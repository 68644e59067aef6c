import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isReceiving, reserveSlot, startWalReceiver, stopWalReceiver } from '../../src/backup/index.js';
import { runTool, stopCluster, type ClusterLocation } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { failureOf } from '../postgres/failure-of.js';
import { useBackupGround } from './ground.js';
import { makeStandby } from './standby.js';

const on = useBackupGround();

const query = async (location: ClusterLocation, sql: string) =>
  on.ground.withSession(location, async (session) => session.query(sql));

/** Two standbys; the receiver stops with less than they have; the one with a slot is promoted, then the other. */
test('a promotion’s checkpoint invalidates no slot that a receiver has just been given: the log that went missing unseen', async () => {
  const [keeping, forgetting] = [
    await makeStandby(on.ground, on.primary, 'keeping'),
    await makeStandby(on.ground, on.primary, 'forgetting'),
  ];
  await reserveSlot(keeping, 'heir');
  await stopWalReceiver(on.walDirectory);
  for (const id of [5001, 5002, 5003]) {
    await query(on.primary, `insert into canary(id) values (${id})`);
    await query(on.primary, 'select pg_switch_wal()');
  }
  for (const standby of [keeping, forgetting])
    await eventually('the standby at 5003', async () => {
      const [row] = await query(standby, 'select max(id) as last from canary');
      return Number(row?.['last']) === 5003;
    });
  await stopCluster(on.ground.tools, on.primary, 'fast');
  const promote = async (standby: ClusterLocation) =>
    runTool(on.ground.tools, 'pg_ctl', ['promote', '-w', '-D', standby.dataDirectory], { location: standby });
  const receive = async (location: ClusterLocation) =>
    startWalReceiver({ tools: on.ground.tools, location, directory: on.walDirectory, slot: 'heir' });

  await promote(forgetting);
  const failure = await failureOf(receive(forgetting));
  expect(failure.message).toContain('has already been removed');
  expect(failure.hint).toMatch(/new folder.*base backup/);
  expect(await isReceiving(on.walDirectory)).toBe(false);

  await promote(keeping);
  await receive(keeping);
  try {
    await query(keeping, 'checkpoint');
    // Between the end of the old timeline's stream and the new one's the slot is idle for a moment.
    await eventually('the slot in use', async () => {
      const [slot] = await query(
        keeping,
        `select wal_status, active from pg_replication_slots where slot_name = 'heir'`,
      );
      expect(slot!['wal_status']).not.toBe('lost');
      return slot!['active'] === true;
    });
    await query(keeping, 'select pg_switch_wal()');
    await eventually('a complete segment of the new timeline', () =>
      readdirSync(on.walDirectory).some((name) => /^00000002[0-9A-F]{16}$/.test(name)),
    );
    expect(existsSync(`${on.walDirectory}/00000002.history`)).toBe(true);
  } finally {
    await stopWalReceiver(on.walDirectory);
  }
});
