import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTo, killCluster } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());

const segments = () =>
  readdirSync(programme.walDirectory).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;
const write = async () => {
  const session = await connectTo(programme.primary);
  try {
    await session.query('insert into bookings select max(id) + 1, $$later$$ from bookings');
    await session.query('select pg_switch_wal()');
  } finally {
    await session.end();
  }
};
const take = async (policy: string): Promise<string> => {
  const data = await programme.data('backup', policy);
  expect(data['exit']).toBe(0);
  await write();
  return (data['backups'] as { set: { id: string } }[])[0]?.set.id ?? '';
};

test('the log that a set in another store needs stays in the receiver’s folder, whichever policy is pruned', async () => {
  programme.declare({
    stores: `  archive: {kind: local, directory: ${programme.at('archive')}}`,
    policies: `  short: {environment: production, way: physical, store: main, interval: 1h, retention: {keep: 1, for: 1ms}}
  long: {environment: production, way: physical, store: archive, interval: 1d}`,
  });
  const long = await take('long');
  await take('short');
  await take('short');
  const before = segments();
  const pruned = await programme.run('prune', '--policy', 'short');
  expectExit(pruned, 0);
  expect(pruned.stdout).toContain('removed 1 set');
  expectExit(await programme.run('verify', long, '--store', 'archive'), 0);
  expect(segments()).toBe(before);
});

test('a set in a local copy is verified and restored with the log that was shipped there, once the receiver’s folder has let go of it', async () => {
  programme.declare({
    stores: `  nas: {kind: local, directory: ${programme.at('nas')}}`,
    policies:
      '  near: {environment: production, way: physical, store: main, copies: [nas], interval: 1h, retention: {keep: 1, for: 1ms, copies: 30d}}',
  });
  const first = await take('near');
  await take('near');
  const before = segments();
  expectExit(await programme.run('prune'), 0);
  expect(segments()).toBeLessThan(before);
  expectExit(await programme.run('verify', first, '--store', 'nas'), 0);
  const into = programme.at('from-nas');
  const restored = await programme.run('restore', first, '--from-store', 'nas', '--into', into);
  try {
    expectExit(restored, 0);
  } finally {
    await killCluster({ dataDirectory: into });
  }
});
