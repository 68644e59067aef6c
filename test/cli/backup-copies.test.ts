import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAge, generateSigningKey, newIdentity } from '../../src/backup/index.js';
import { connectTo, killCluster } from '../../src/postgres/index.js';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
let bucket: ObjectStoreGround;
let recipients: string;
/** Another machine, as far as one machine can show it: its own programme, its own keys, nothing of the host's but its public key. */
let verifier: string;

const offsite = (name: 'lockable' | 'plain', more = '') =>
  `  offsite: {kind: s3, bucket: ${name}, prefix: rides, region: us-east-1, endpoint: "${bucket.server.endpoint}", credentials: {file: ${bucket.server.adminCredentials}}, requestTimeout: 2s${more}}`;
const policies = (more = '') =>
  `  hourly: {way: physical, store: main, copies: [offsite], interval: 1h${more}}`;
const full = (more = '') =>
  policies(
    `, encryption: {recipients: ${recipients}}, verify: {rpo: 1h, canary: {table: canary, column: at}}${more}`,
  );
const locked = ', lock: {mode: governance, for: 1h}';

beforeAll(async () => {
  [programme, bucket] = await Promise.all([makeBackupProgramme(), openObjectStoreGround()]);
  const age = await findAge();
  const [operations, escrow] = [
    await newIdentity({ age, path: programme.at('operations.txt') }),
    await newIdentity({ age, path: programme.at('escrow.txt') }),
  ];
  recipients = `{operations: ${operations.recipient}, escrow: ${escrow.recipient}}`;
  const key = generateSigningKey();
  writeFileSync(programme.at('verifier.pem'), key.privateKey, { mode: 0o600 });
  writeFileSync(programme.at('verifier.pub'), key.publicKey);
  verifier = programme.at('verifier');
  mkdirSync(verifier, { mode: 0o755 });
});
afterAll(async () => {
  await programme.remove();
  await bucket.remove();
});

/** The host believes the verifier, but cannot open anything itself. */
const declare = (stores: string, written: string) =>
  programme.declare({
    stores,
    policies: written,
    environment: {
      signing: `{keyFile: ${programme.at('host.pem')}, trustFiles: [${programme.at('verifier.pub')}]}`,
    },
  });
const sets = async () => (await programme.data('backups'))['sets'] as Record<string, unknown>[];

test('a set is encrypted, copied, locked and its log shipped; a verifier elsewhere opens, restores and countersigns it', async () => {
  declare(offsite('lockable', locked), full());
  const ended = await programme.run('backup');
  expectExit(ended, 0);
  expect(ended.stdout).toContain('encrypted for operations and escrow');
  expect(ended.stdout).toMatch(
    /copy +✓ offsite \(s3:\/\/lockable\/rides at http.*\): 1 set, .*; log: \d+ segments, up to [0-9A-F]+\//,
  );
  const [row] = await sets();
  expect(row).toMatchObject({ stores: ['main', 'offsite'], encrypted: true, verified: null });
  expect(Date.parse(String(row?.['lockedUntil']))).toBeGreaterThan(Date.now() + 30 * 60_000);

  // The host holds no key: that is not a pass, and its cron knows it.
  const onHost = await programme.run('verify');
  expectExit(onHost, 1);
  expect(onHost.stdout).toMatch(/– 2 .*: not run\n.*a verifier elsewhere/);

  writeFileSync(
    join(verifier, 'firedrill.yaml'),
    `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Verifier}
environments:
  verifier:
    kind: declared
    database: {host: 127.0.0.1, port: ${programme.primary.port}, name: rides, user: admin, passfile: ${programme.primary.passfile ?? ''}}
    fingerprint: {systemIdentifier: "7412345678901234567", host: 127.0.0.1, port: ${programme.primary.port}}
    store: offsite
    signing: {verifierKeyFile: ${programme.at('verifier.pem')}, trustFiles: [${programme.at('host.pub')}]}
    identities: [${programme.at('operations.txt')}]
    policy: {}
stores:
  nothing-here: {kind: local, directory: ${programme.at('nothing')}}
${offsite('lockable')}
policies:
  hourly: {environment: verifier, way: physical, store: nothing-here, copies: [offsite], interval: 1h, verify: {rpo: 1h, canary: {table: canary, column: at}}}
`,
  );
  const elsewhere = await runProgram(['--directory', verifier, 'verify', '--full', '--store', 'offsite'], {
    env: { FIREDRILL_SCRATCH: programme.ground.directory },
  });
  expectExit(elsewhere, 0);
  expect(elsewhere.stdout).toContain('countersigned by');
  expect(elsewhere.stdout).toMatch(/: verified · 8\/8 required/);
  expect((await sets())[0]?.['verified']).toMatchObject({ countersigned: true });
  programme.declare({ stores: offsite('lockable', locked), policies: full() });
  const unbelieving = await programme.run('backups');
  expect(unbelieving.stdout).toMatch(/ never .*\n\? of 1 of these .* not trusted here \([0-9a-f]{16}\)/);
  declare(offsite('lockable', locked), full());

  // A slip of the fingers is not a backup that fails.
  for (const args of [['verify'], ['restore', '--into', programme.at('never')]]) {
    const slip = await programme.run(...args, '--identity', programme.at('operatoins.txt'));
    expectExit(slip, 6);
    expect([slip.stdout, slip.stderr]).toEqual(['', expect.stringContaining('there is no identity file')]);
  }

  // Everything at home is lost, and the offline identity alone brings it back.
  const into = programme.at('from-offsite');
  const restored = await programme.run(
    ...['restore', '--from-store', 'offsite', '--into', into, '--identity', programme.at('escrow.txt')],
  );
  expectExit(restored, 0);
  const port = Number(/it runs on 127\.0\.0\.1:(\d+)/.exec(restored.stdout)?.[1]);
  const location = { ...programme.primary, dataDirectory: into, port, passfile: `${into}.pass` };
  try {
    const session = await connectTo(location);
    const [counted] = await session
      .query('select count(*)::int4 as n from bookings')
      .finally(async () => session.end());
    expect(counted).toEqual({ n: 2000 });
  } finally {
    await killCluster(location);
  }
});

test('a store that is down: exit 6, the set stays, the message names the store and what to type, and that then works', async () => {
  declare(offsite('plain'), policies());
  await bucket.server.stopGateway();
  let ended;
  try {
    ended = await programme.run('--quiet', 'backup');
  } finally {
    await bucket.server.startGateway();
  }
  expectExit(ended, 6);
  expect([ended.stdout, ended.stderr.trimEnd().split('\n').length]).toEqual(['', 1]);
  expect(ended.stderr).toMatch(
    /backup (\S+) is in store main, but store offsite did not get everything: .*firedrill backup hourly --wal-only/,
  );
  const [id = ''] = /\d{4}-\S+-physical-[0-9a-f]+/.exec(ended.stderr) ?? [];
  expect((await sets())[0]).toMatchObject({ id, stores: ['main'] });
  expectExit(await programme.run('backup', '--wal-only'), 0);
  expect((await sets())[0]).toMatchObject({ id, stores: ['main', 'offsite'] });
  expectExit(await programme.run('backup', '--local-only'), 0);
  expect((await sets())[0]).toMatchObject({ stores: ['main'] });
});

/** What this machine believes the time to be, an hour too far. */
const anHourAhead = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    'const Real = Date; globalThis.Date = class extends Real { constructor(...a) { super(...(a.length === 0 ? [Real.now() + 3600000] : a)); } static now() { return Real.now() + 3600000; } };',
  )}`,
};

test.each<[name: string, says: RegExp, stores: () => string, env?: NodeJS.ProcessEnv]>([
  ['a bucket without lock', /lock/i, () => offsite('plain', locked)],
  [
    'a bucket that is not there',
    /no bucket nowhere.*`bucket`/,
    () => offsite('plain').replace('bucket: plain', 'bucket: nowhere'),
  ],
  [
    'a clock that is an hour ahead',
    /60 min ahead of the store.*timedatectl/,
    () => offsite('plain'),
    anHourAhead,
  ],
  ['an unknown storage class', /storage class/i, () => offsite('plain', ', storageClass: NO_SUCH_CLASS')],
  [
    'keys that are not valid any more',
    /credential|key/i,
    () => {
      const file = programme.at('expired');
      writeFileSync(file, '[default]\naws_access_key_id = GONE\naws_secret_access_key = GONE-AND-SECRET\n', {
        mode: 0o600,
      });
      return offsite('plain').replace(/file: \S+\}/, `file: ${file}}`);
    },
  ],
])('%s: exit 6 in plain words, and the set stays', async (_, says, stores, env = {}) => {
  declare(stores(), policies());
  const ended = await programme.runWith(env, '--quiet', 'backup');
  expectExit(ended, 6);
  expect(ended.stderr).toMatch(says);
  expect(ended.stderr).toContain('is in store main');
  expect(ended.stderr).not.toContain('GONE-AND-SECRET');
});

test('a list that could not read a store says so with its exit code', async () => {
  declare(offsite('plain').replace(/endpoint: "[^"]+"/, 'endpoint: "http://127.0.0.1:1"'), policies());
  const ended = await programme.run('backups');
  expectExit(ended, 6);
  expect(ended.stdout).toMatch(/-physical-/);
  expect(ended.stderr).toContain('the list is not complete: offsite could not be read');
});
