import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findBackup,
  inFolder,
  requireKind,
  isReceiving,
  restoreBackup,
  startWalReceiver,
  stopWalReceiver,
} from '../../src/backup/index.js';
import { connectTo, killCluster } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { trusted, useBackupGround } from './ground.js';

const it = useBackupGround();

test('a new primary whose timeline begins where the newest complete segment ends is streamed from there', async () => {
  const { manifest } = await it.backup();
  const session = await it.session();
  await session.query('insert into canary values (5000)');
  await session.query('select pg_switch_wal()');
  await session.end();
  const partial = () => readdirSync(it.walDirectory).filter((name) => name.endsWith('.partial'));
  await eventually('the segment complete at the second place', () => partial().length === 0);
  await killCluster(it.primary);
  await eventually('the receiver gone', async () => !(await isReceiving(it.walDirectory)));
  const into = await it.ground.place('replacement');
  await restoreBackup({
    tools: it.ground.tools,
    set: inFolder(it.store, requireKind(await findBackup(it.store, trusted, manifest.id), 'physical')),
    walDirectory: it.walDirectory,
    into,
    until: 'latest',
    isolate: false,
    passwordFrom: it.primary,
  });
  const request = { tools: it.ground.tools, location: into, directory: it.walDirectory, slot: 'drill' };
  await startWalReceiver(request);
  try {
    const after = await connectTo(into);
    await after.query('insert into canary values (5001)');
    await after.query('select pg_switch_wal()');
    await after.end();
    await eventually('a complete segment of the new timeline', () =>
      readdirSync(it.walDirectory).some((name) => /^00000002[0-9A-F]{16}$/.test(name)),
    );
    expect(readdirSync(it.walDirectory)).toContain('00000002.history');
  } finally {
    await stopWalReceiver(join(it.walDirectory));
  }
});
