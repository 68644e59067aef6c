import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverLogFile, writePassfile } from '../../src/postgres/index.js';
import { openS3Store, type Store } from '../../src/store/index.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { policy, useBackupGround } from './ground.js';
import { engine, identityIn, keysIn } from './sealed-ground.js';

/** Distinct, so that the one that leaks is known. */
const planted = {
  'password of the administrator': 'Pl4nted-Adm1n-pass',
  'password of a role': 'Pl4nted-Cl3rk-pass',
  'password of a user mapping': 'Pl4nted-Mapp1ng-pass',
  'PGPASSWORD of the engine': 'Pl4nted-Env-pass',
  'key in the environment': 'Pl4nted-Env-aws-key',
  'webhook in the environment': 'https://hooks.example.org/services/Pl4nted-hook',
  'webhook in a setting of the server': 'https://hooks.example.org/services/Pl4nted-setting',
};

/** Backs up both ways, copies, stages, restores, and fails in every way that has a secret at hand. */
const work = `
  import { copySet, findBackup, generateSigningKey, inFolder, recordVerification, requireKind, restoreBackup, restoreLogical, signerFrom, stageSet,
    takeBackup, takeLogicalBackup, trustedKeys } from 'src:backup/index.ts';
  import { connectTo, findTools } from 'src:postgres/index.ts';
  import { openLocalStore, openS3Store } from 'src:store/index.ts';
  import { inspect } from 'node:util';
  const key = generateSigningKey();
  const signer = signerFrom(key.privateKey), trusted = trustedKeys(key.publicKey), tools = await findTools();
  const say = (what) => process.stdout.write((typeof what === 'string' ? what : what instanceof Uint8Array ? Buffer.from(what).toString() : inspect(what, { depth: 9 })) + '\\n');
  const told = { output: say, progress: say };
  const store = openLocalStore(given.store), s3 = openS3Store(given.s3);
  const request = { tools, location: given.location, store, source: 'test', signer, recipients: given.recipients, ...told };
  const physical = await takeBackup({ ...request, kind: 'physical', policy: given.policy, walDirectory: given.wal });
  const logical = await takeLogicalBackup(request);
  const staged = [];
  for (const { manifest } of [physical, logical]) {
    const set = await findBackup(store, trusted, manifest.id);
    await recordVerification(store, set, { passed: true, scope: 'full', tests: [], restoreMs: 1, endedAt: new Date().toISOString() }, signer);
    await copySet({ from: store, to: s3, set, ...told });
    staged.push(await stageSet({ store: s3, set: await findBackup(s3, trusted, manifest.id), into: given.stage + manifest.kind, identities: [given.identity], ...told }));
  }
  const restored = { tools, passwordFrom: given.location, ...told };
  say(await restoreBackup({ ...restored, set: staged[0], walDirectory: given.wal, into: given.places[0], until: 'latest', isolate: true }));
  say(await restoreLogical({ ...restored, set: staged[1], into: given.places[1] }));
  const set = await findBackup(store, trusted, logical.manifest.id);
  const fails = {
    'wrong key of the store': () => copySet({ from: store, to: openS3Store({ ...given.s3, credentials: { kind: 'file', path: given.wrongKey } }), set, attempts: 1 }),
    'no such bucket': () => copySet({ from: store, to: openS3Store({ ...given.s3, bucket: 'nowhere' }), set, attempts: 1 }),
    'store away': () => copySet({ from: store, to: openS3Store({ ...given.s3, endpoint: 'http://user:Pl4nted-Env-pass@127.0.0.1:1', attempts: 1 }), set, attempts: 1 }),
    'wrong identity': () => stageSet({ store: s3, set, into: given.stage + 'x', identities: [given.other] }),
    'identity that is none': () => stageSet({ store: s3, set, into: given.stage + 'y', identities: [given.wrongKey] }),
    'wrong password': () => connectTo({ ...given.location, passfile: given.wrongPass }),
    'server away': () => takeLogicalBackup({ ...request, location: { ...given.location, port: 1 } }),
    'somebody there already': () => restoreLogical({ ...restored, set: staged[1], into: given.places[1] }),
    'program that fails': () => takeLogicalBackup({ ...request, tools: { ...tools, path: (name) => name === 'pg_dumpall' ? '/bin/false' : tools.path(name) } }),
    'recipient that is a secret': () => takeLogicalBackup({ ...request, recipients: [given.secretRecipient()] }),
  };
  const { readFileSync } = await import('node:fs');
  given.secretRecipient = () => readFileSync(given.identity, 'utf8').split('\\n').find((line) => line.startsWith('AGE-SECRET'));
  for (const [what, fail] of Object.entries(fails)) {
    const failure = await fail().then(() => null, (cause) => cause);
    say('FAILED ' + what + ': ' + (failure === null ? 'it did not' : inspect(failure, { depth: 9, showHidden: true })));
  }
  say('all done');`;

/** What every descendant of a process has in its arguments and environment, as often as it can be looked at. */
function sample(root: number) {
  const seen = new Map<string, { line: string; environment: string }>();
  const state = { over: false };
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  const own = read(`/proc/${root}/cmdline`);
  const isBelow = (pid: number): boolean => {
    for (let at = pid, steps = 0; at > 1 && steps < 12; steps += 1) {
      if (at === root) return true;
      const stat = read(`/proc/${at}/stat`);
      at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
    }
    return false;
  };
  const look = () => {
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid <= root) continue;
      const line = read(`/proc/${pid}/cmdline`);
      // Between fork and exec a child is still the engine itself.
      if (line === '' || line === own) continue;
      const environment = read(`/proc/${pid}/environ`);
      const id = `${line}\n${environment}`;
      if (!seen.has(id) && isBelow(pid)) seen.set(id, { line, environment });
    }
    if (!state.over) setImmediate(look);
  };
  look();
  return { seen, stop: () => (state.over = true) };
}

describe('secrets', () => {
  const on = useBackupGround({
    archive_command: `curl ${planted['webhook in a setting of the server']}`,
    'shop.webhook': planted['webhook in a setting of the server'],
  });
  let s3: ObjectStoreGround;
  beforeAll(async () => (s3 = await openObjectStoreGround()));
  afterAll(async () => s3.remove());

  it('are in no argument, environment of a program, message, manifest, note or log', async () => {
    const { directory } = on.ground;
    const session = await on.session();
    await session.query(`set log_statement = 'none';
      alter role admin password '${planted['password of the administrator']}';
      alter role clerk login password '${planted['password of a role']}';
      alter role clerk set log_statement = 'all'; alter role all set log_min_duration_statement = 0;
      create foreign data wrapper nothing; create server far foreign data wrapper nothing;
      create user mapping for clerk server far options (password '${planted['password of a user mapping']}')`);
    await session.end();
    await writePassfile(on.primary, planted['password of the administrator']);
    const wrongPass = join(directory, 'wrong.pass');
    await writePassfile({ ...on.primary, passfile: wrongPass }, planted['password of a role']);
    const settings = s3.settings('plain');
    const credentials = readFileSync(s3.server.adminCredentials, 'utf8');
    const wrongKey = join(directory, 'wrong.credentials');
    const turned = planted['key in the environment'];
    await writeFile(wrongKey, credentials.replace(/(secret_access_key = ).*/, `$1${turned}`), {
      mode: 0o600,
    });
    const mine = await identityIn(directory, 'mine.txt');
    const other = await identityIn(directory, 'other.txt');
    await chmod(directory, 0o711);
    const places = [await on.ground.place('physical'), await on.ground.place('logical')];
    const environment = {
      PGPASSWORD: planted['PGPASSWORD of the engine'],
      AWS_SECRET_ACCESS_KEY: planted['key in the environment'],
      FIREDRILL_WEBHOOK: planted['webhook in the environment'],
    };
    Object.assign(process.env, environment);
    const child = engine(work, {
      ...{ location: on.primary, policy, store: on.store.directory, wal: on.walDirectory, s3: settings },
      ...{
        recipients: [mine.recipient, other.recipient],
        identity: mine.path,
        other: (await identityIn(directory, 'third.txt')).path,
      },
      ...{ stage: join(directory, 'stage-'), places, wrongKey, wrongPass },
    });
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    const sampler = sample(child.pid!);
    let said = '';
    child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    sampler.stop();
    expect(said.slice(-3000)).toContain('all done');
    expect(said).not.toContain('it did not');
    expect(code).toBe(0);

    const secrets = {
      ...planted,
      'secret key of the store': /secret_access_key = (\S+)/.exec(credentials)![1]!,
      'age identity': readFileSync(mine.path, 'utf8')
        .split('\n')
        .find((line) => line.startsWith('AGE-SECRET'))!,
      'age identity of another': readFileSync(other.path, 'utf8')
        .split('\n')
        .find((line) => line.startsWith('AGE-SECRET'))!,
      'verifier of a password': 'SCRAM-SHA-256$',
    };
    const children = [...sampler.seen.values()];
    const programs = new Set(children.map(({ line }) => programOf(line)));
    for (const one of ['pg_basebackup', 'pg_dump', 'pg_restore', 'age', 'tar', 'postgres', 'initdb'])
      expect([...programs]).toContain(one);
    const everywhere: { [place: string]: string } = {
      ...Object.fromEntries(
        [...programs].flatMap((program) => {
          const of = children.filter(({ line }) => programOf(line) === program);
          return [
            [`arguments of ${program}`, of.map(({ line }) => line).join('\n')],
            [`environment of ${program}`, of.map((one) => one.environment).join('\n')],
          ];
        }),
      ),
      'what was said': said,
      'manifests and notes here': await texts(on.store),
      'manifests and notes in S3': await texts(openS3Store(settings)),
      'log of the restored servers': places
        .map((place) => readFileSync(serverLogFile(place), 'utf8'))
        .join('\n'),
    };
    const leaks = Object.entries(everywhere).flatMap(([place, found]) =>
      Object.entries(secrets).flatMap(([what, secret]) =>
        found.includes(secret) ? [`${what}: ${place}`] : [],
      ),
    );
    const logged = everywhere['log of the restored servers']!.split('\n').filter((line) =>
      line.includes('SCRAM'),
    );
    expect(leaks, logged.join('\n')).toEqual([]);
    expect(children.filter((one) => one.environment.includes('PGPASSWORD='))).toEqual([]);
    expect(everywhere['manifests and notes in S3']).toContain('"record"');
  });
});

const programOf = (line: string) => line.split('\0')[0]!.split('/').at(-1)!;

async function texts(store: Store): Promise<string> {
  const keys = (await keysIn(store)).filter((key) => key.endsWith('.json'));
  expect(keys.length).toBeGreaterThanOrEqual(4);
  return (await Promise.all(keys.map(async (key) => text(await store.get(key))))).join('\n');
}
