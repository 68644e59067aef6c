import { afterAll, beforeAll, expect, test } from 'vitest';
import { controls, findAge, newIdentity } from '../../src/backup/index.js';
import { connectTo } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());

test('an encrypted set of a declared environment passes all eight tests, and every seeded fault is caught', async () => {
  const age = await findAge();
  const identity = programme.at('operations.txt');
  const [operations, escrow] = [
    await newIdentity({ age, path: identity }),
    await newIdentity({ age, path: programme.at('escrow.txt') }),
  ];
  programme.declare({
    environment: { identities: `[${identity}]` },
    policies: `  hourly: {way: physical, store: main, interval: 1h, encryption: {recipients: {operations: ${operations.recipient}, escrow: ${escrow.recipient}}}, verify: {rpo: 1h, canary: {table: canary, column: at}}}`,
  });
  const session = await connectTo(programme.primary);
  // Something for every fault to hit.
  await session
    .query(
      `create index by_rider on bookings(rider); create sequence counter; select nextval('counter');
       alter table bookings add column city int references cities; update bookings set city = 1 + id % 300;
       select lo_from_bytea(0, 'a large object'); insert into canary select max(id) + 1 from canary`,
    )
    .finally(async () => session.end());
  expectExit(await programme.run('--quiet', 'backup'), 0);
  const ended = await programme.run('verify', '--prove');
  expectExit(ended, 0);
  const last = ended.stdout.trimEnd().split('\n').at(-1) ?? '';
  const [, caught, total] =
    /: verified · 8\/8 required .* · (\d+)\/(\d+) seeded faults caught · 1 not exercised$/.exec(last) ?? [];
  expect([last, Number(total)]).toEqual([expect.stringContaining('8/8 required'), controls.length - 1]);
  expect(caught).toBe(total);
  expect(ended.stdout).toContain(
    'a dump cut in half that pg_restore --list accepts: not exercised: does not apply',
  );
  expect(ended.stdout).not.toContain('encrypted for the purpose');
  // Whoever reads the list next finds it unverified, and is told here why.
  expect(ended.stdout).toMatch(
    /signed by the key that made it .*: of an encrypted set that counts for nothing/,
  );
  expect((await programme.data('backups'))['sets']).toMatchObject([{ verified: null }]);
});
