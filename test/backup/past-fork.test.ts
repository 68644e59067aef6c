import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findBackup,
  inFolder,
  isReceiving,
  requireKind,
  restoreBackup,
  startWalReceiver,
  stopWalReceiver,
} from '../../src/backup/index.js';
import { forkPassed } from '../../src/backup/wal/past-fork.js';
import { connectTo, killCluster, textColumn } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { trusted, useBackupGround } from './ground.js';

const it = useBackupGround();

test('a primary restored to before the end of the received log is streamed, and the log that was given up is kept', async () => {
  const { manifest } = await it.backup();
  const session = await it.session();
  const [begun] = await session.query(
    'with one as (insert into canary values (7000) returning 1) select pg_current_xact_id()::text as xid from one',
  );
  // Whole segments after it: the receiver would go on behind the place where the new history begins.
  for (let id = 7001; id < 7004; id += 1) {
    await session.query(`insert into canary values (${id})`);
    await session.query('select pg_switch_wal()');
  }
  await session.end();
  const complete = () => readdirSync(it.walDirectory).filter((name) => /^[0-9A-F]{24}$/.test(name));
  const partial = () => readdirSync(it.walDirectory).filter((name) => name.endsWith('.partial'));
  await eventually('every segment complete at the second place', () => partial().length === 0);
  const received = complete();
  await killCluster(it.primary);
  await eventually('the receiver gone', async () => !(await isReceiving(it.walDirectory)));
  const into = await it.ground.place('replacement');
  await restoreBackup({
    tools: it.ground.tools,
    set: inFolder(it.store, requireKind(await findBackup(it.store, trusted, manifest.id), 'physical')),
    walDirectory: it.walDirectory,
    into,
    until: { xid: textColumn(begun, 'xid') },
    isolate: false,
    passwordFrom: it.primary,
  });
  await startWalReceiver({
    tools: it.ground.tools,
    location: into,
    directory: it.walDirectory,
    slot: 'drill',
  });
  try {
    const after = await connectTo(into);
    expect(await after.query('select id from canary where id >= 7000')).toEqual([]);
    await after.query('insert into canary values (8000)');
    await after.query('select pg_switch_wal()');
    await after.end();
    await eventually('a complete segment of the new timeline', () =>
      complete().some((name) => name.startsWith('00000002')),
    );
    const aside = readdirSync(it.walDirectory).filter((name) => name.startsWith('given-up-at-'));
    expect(aside).toHaveLength(1);
    const kept = readdirSync(join(it.walDirectory, aside[0]!));
    expect(kept.length).toBeGreaterThanOrEqual(3);
    for (const name of received)
      expect(existsSync(join(it.walDirectory, name)) || kept.includes(name), name).toBe(true);
  } finally {
    await stopWalReceiver(it.walDirectory);
  }
});

test.each([
  [
    'in English',
    "ERROR:  requested starting point 0/2C00000 on timeline 1 is not in this server's history",
    '0/2800000',
  ],
  [
    'in another language',
    'FEHLER:  angeforderter Startpunkt 0/2C00000 auf Zeitleiste 1 ist nicht in der History',
    '0/2800000',
  ],
  [
    'of log that was removed',
    'ERROR:  requested WAL segment 000000010000000000000001 has already been removed',
    null,
  ],
  ['without words', '', null],
])('the refusal %s is told from others', async (_name, said, fork) => {
  const log = join(it.walDirectory, 'said.log');
  writeFileSync(
    log,
    `pg_receivewal: error: could not send replication command "START_REPLICATION": ${said}\nDETAIL:  forked from timeline 1 at 0/2800000.\n`,
  );
  expect(await forkPassed(log)).toBe(fork);
});
