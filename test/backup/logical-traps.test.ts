import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, cp, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  restoreDatabase,
  restoreLogical,
  takeLogicalBackup,
  type LogicalManifest,
  type StagedSet,
} from '../../src/backup/index.js';
import {
  clusterState,
  connectTo,
  createCluster,
  makeOwnedDirectory,
  startCluster,
  writePassfile,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { expectHelp } from './failing-ground.js';
import { useLogicalGround } from './logical-ground.js';

const schema = `
  create role owner_of_all; create role reader login password 'reader-pass'; create role spare superuser login password 'spare-pass';
  create role readers; grant readers to reader; alter role reader set work_mem to '7MB';
  alter database shop owner to owner_of_all; revoke connect on database shop from public; grant connect on database shop to readers;
  create table keyless(n int, note text); insert into keyless select i, md5(i::text) from generate_series(1, 20000) i;
  alter table keyless owner to owner_of_all; grant select on keyless to readers;
  create table guarded(who text); insert into guarded values ('reader'), ('somebody else');
  alter table guarded enable row level security; alter table guarded force row level security; create policy own on guarded using (who = current_user);
  grant select on guarded to readers`;

describe('a logical set', () => {
  const on = useLogicalGround(schema);
  let set: StagedSet<LogicalManifest>;
  beforeAll(async () => {
    await makeOwnedDirectory(join(on.ground.directory, 'far'), on.primary.account);
    await on.query(`create tablespace far location '${join(on.ground.directory, 'far')}'`, 'postgres');
    await on.query('create table distant(i int) tablespace far');
    set = await on.backup(await on.store());
  });
  const common = () => ({ tools: on.ground.tools, passwordFrom: on.primary });

  /** A copy of the set, one file of it changed, that says nothing of the change: its hash is that of what it is now. */
  async function changed(
    name: string | RegExp,
    change: (bytes: Buffer) => Buffer,
  ): Promise<StagedSet<LogicalManifest>> {
    const directory = await mkdtemp(join(on.ground.directory, 'changed-'));
    await cp(set.directory, directory, { recursive: true });
    const found = set.files.filter((file) =>
      typeof name === 'string' ? file.name === name : name.test(file.name),
    );
    const [file] = found.sort((a, b) => b.bytes - a.bytes);
    const path = join(directory, file!.name);
    const bytes = change(readFileSync(path));
    await chmod(path, 0o600);
    await writeFile(path, bytes);
    const now = {
      name: file!.name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    return { ...set, directory, files: set.files.map((one) => (one.name === now.name ? now : one)) };
  }

  const holed = (bytes: Buffer) => {
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0xff, middle, middle + 500);
    return bytes;
  };
  const ofShop = () =>
    new RegExp(`^${set.manifest.dump.databases.find(({ name }) => name === 'shop')!.prefix}/\\d`);
  const databases = async () =>
    (await on.query('select datname::text as name from pg_database order by 1')).map(({ name }) => name);

  /** Nothing of a restore that failed is there: no server, no data, no statements with passwords in them. */
  async function requireNothing(into: ClusterLocation): Promise<void> {
    expect(await clusterState(into)).toBe('absent');
    for (const path of [into.dataDirectory, `${into.dataDirectory}.tablespaces`])
      expect(existsSync(path)).toBe(false);
    expect(
      readdirSync(into.socketDirectory).filter((name) => !/^(postgresql\.log$|\.s\.PGSQL\.)/.test(name)),
    ).toEqual([]);
  }

  it('whose roles cannot be made stops the restore at the first failing statement, and nothing stays', async () => {
    const broken = await changed('globals.sql', (bytes) =>
      Buffer.concat([Buffer.from('select 1/0;\n'), bytes]),
    );
    const into = await on.ground.place('no-roles');
    const failure = await failureOf(restoreLogical({ ...common(), set: broken, into }));
    expect(failure.message).toMatch(/psql exited with 3: .*division by zero/);
    await requireNothing(into);
  });

  it('damaged in the middle of a data file fails midway, and the half-made cluster or database is gone', async () => {
    const broken = await changed(ofShop(), holed);
    const into = await on.ground.place('half-made');
    const failure = await failureOf(restoreLogical({ ...common(), set: broken, into }));
    expect(failure.message).toContain('pg_restore exited with 1');
    await requireNothing(into);
    const before = await databases();
    const request = {
      tools: on.ground.tools,
      set: broken,
      location: on.primary,
      database: 'shop',
      as: 'shop_again',
    };
    expect((await failureOf(restoreDatabase(request))).message).toContain('pg_restore exited with 1');
    expect(await databases()).toEqual(before);
    // The very same request with the whole set succeeds: nothing of the failed one is in its way.
    await restoreDatabase({ ...request, set });
    expect(await on.query('select count(*)::int as n from keyless', 'shop_again')).toEqual([{ n: 20000 }]);
    await on.query('drop database shop_again', 'postgres');
  });

  it('is never replayed into a database that exists: tables without keys would have their rows twice', async () => {
    const request = { tools: on.ground.tools, set, location: on.primary, database: 'shop', as: 'shop' };
    const failure = await failureOf(restoreDatabase(request));
    expect(failure.reason).toBe('refused');
    expectHelp(failure, /database shop exists already/);
    expect(await on.query('select count(*)::int as n from keyless')).toEqual([{ n: 20000 }]);
  });

  it('comes back with owners, grants, statistics and passwords, for another administrator than the one that made it', async () => {
    const into = { ...(await on.ground.place('spare')), user: 'spare' };
    await writePassfile({ ...into, account: null }, 'spare-pass').catch(async () => {
      await makeOwnedDirectory(join(into.passfile!, '..'), into.account);
      await writePassfile(into, 'spare-pass');
    });
    await restoreLogical({ tools: on.ground.tools, set, into });
    const ask = async (sql: string) => on.query(sql, 'shop', into);
    expect(await ask('select current_user::text as me')).toEqual([{ me: 'spare' }]);
    const facts = `select pg_get_userbyid(datdba)::text as owner, (select array_agg(a::text order by a::text) from unnest(datacl) a) as grants,
      (select pg_get_userbyid(relowner)::text || relacl::text from pg_class where relname = 'keyless') as keyless,
      (select setconfig::text from pg_db_role_setting where setrole = 'reader'::regrole) as settings,
      pg_has_role('reader', 'readers', 'member') as member from pg_database where datname = 'shop'`;
    expect(await ask(facts)).toEqual(await on.query(facts));
    const statistics = `select count(*)::int as n from pg_stats where tablename = 'keyless'`;
    expect(await ask(statistics)).toEqual([{ n: 2 }]);
    const reader = { ...into, user: 'reader', passfile: join(on.ground.directory, 'reader.pass') };
    await writePassfile(reader, 'reader-pass');
    expect(await on.query('select who from guarded', 'shop', reader)).toEqual([{ who: 'reader' }]);
    expect(await on.query('select count(*)::int as n from keyless', 'shop', reader)).toEqual([{ n: 20000 }]);
    await writePassfile(reader, 'not the password');
    const wrong = await failureOf(connectTo(reader, { database: 'shop' }));
    expect(wrong.reason).toBe('unavailable');
  });

  it('needs a home: everything that is missing is named at once, and nothing is made', async () => {
    const bare = await on.ground.cluster('bare');
    const demanding = await changed('cluster.json', (bytes) => {
      const facts = JSON.parse(bytes.toString()) as {
        databases: { name: string; needs: { extensions: string[] } }[];
      };
      for (const one of facts.databases) one.needs.extensions.push('no_such_extension');
      return Buffer.from(JSON.stringify(facts));
    });
    const request = { tools: on.ground.tools, location: bare, database: 'shop', as: 'shop' };
    const failure = await failureOf(restoreDatabase({ ...request, set: demanding }));
    expect(failure.reason).toBe('refused');
    expectHelp(
      failure,
      /role owner_of_all is missing/,
      /role readers is missing/,
      /extension no_such_extension is missing/,
      /tablespace far is missing/,
    );
    expect(await on.query(`select 1 from pg_database where datname = 'shop'`, 'postgres', bare)).toEqual([]);
    const newer = {
      ...set,
      manifest: { ...set.manifest, server: { ...set.manifest.server, major: on.ground.tools.major + 1 } },
    };
    const older = await failureOf(restoreDatabase({ ...request, set: newer }));
    expect(older.reason).toBe('refused');
    expect(older.message).toContain(
      `the server is PostgreSQL ${on.ground.tools.major}, the dump is of ${on.ground.tools.major + 1}`,
    );
    const into = await on.ground.place('older');
    const clusterToo = await failureOf(restoreLogical({ ...common(), set: newer, into }));
    expect(clusterToo.reason).toBe('refused');
    expectHelp(clusterToo, /Install the newer version/);
    expect(existsSync(into.dataDirectory)).toBe(false);
  });

  it('without a password that anybody would know is refused before anything is made', async () => {
    const into = await on.ground.place('nobody-in');
    const failure = await failureOf(restoreLogical({ tools: on.ground.tools, set, into }));
    expect(failure.reason).toBe('refused');
    expectHelp(failure, /no password for admin/);
    expect(existsSync(into.dataDirectory)).toBe(false);
    expect(existsSync(join(into.socketDirectory, 'postgresql.log'))).toBe(false);
  });

  it('is taken whole by a role that passes row security, and not at all with a wrong password or no server', async () => {
    await on.query(
      `create role dumper login bypassrls password 'dumper-pass'; grant pg_read_all_data, pg_monitor to dumper;
      grant connect on database shop to dumper`,
      'postgres',
    );
    const dumper = { ...on.primary, user: 'dumper', passfile: join(on.ground.directory, 'dumper.pass') };
    await writePassfile(dumper, 'dumper-pass');
    const whole = await on.backup(await on.store(), { location: dumper, databases: ['shop'] });
    const rows = whole.manifest.expectation.databases['shop']!.tables.find(
      ({ table }) => table === 'public.guarded',
    );
    expect(rows?.rows).toBe(2);
    expect(whole.manifest.dump.rolePasswords).toBe(false);
    await writePassfile(dumper, 'not the password');
    const store = await on.store();
    const request = {
      tools: on.ground.tools,
      store,
      source: 'test',
      signer: { keyId: 'x', sign: () => Buffer.alloc(0) },
    };
    const wrong = await failureOf(takeLogicalBackup({ ...request, location: dumper }));
    expect(wrong.reason).toBe('unavailable');
    expectHelp(wrong, /password authentication failed for user "dumper"/, /dumper\.pass/);
    const nobody = { ...on.primary, port: 1 };
    await writePassfile({ ...nobody, passfile: dumper.passfile }, 'x');
    const away = await failureOf(takeLogicalBackup({ ...request, location: nobody }));
    expect(away.reason).toBe('unavailable');
    expectHelp(away, /cannot connect to 127\.0\.0\.1:1/, /pg_isready -h 127\.0\.0\.1 -p 1/);
    expect(readdirSync(store.directory)).toEqual([]);
  });

  it('of a cluster with an ICU locale makes one like it', async () => {
    const { tools } = on.ground;
    const german = await on.ground.place('german');
    await createCluster(tools, german, {
      localeArgs: [
        '-E',
        'UTF8',
        '--locale-provider=icu',
        '--icu-locale=de-DE',
        '--lc-collate=C',
        '--lc-ctype=C.UTF-8',
      ],
      settings: { fsync: 'off' },
    });
    await startCluster(tools, german);
    const sql = `create table names(n text); insert into names values ('Zoo'), ('Äpfel'), ('apfel')`;
    await on.query(sql, 'postgres', german);
    const sorted = `select string_agg(n, ' ' order by n) as all, (select json_agg(json_build_array(datname, datlocprovider, daticulocale, datcollate, datctype) order by datname) from pg_database) as made from names`;
    const one = await on.backup(await on.store(), { location: german });
    const into = await on.ground.place('german-again');
    await restoreLogical({ tools, set: one, into, passwordFrom: german });
    expect(await on.query(sorted, 'postgres', into)).toEqual(await on.query(sorted, 'postgres', german));
    expect((await on.query(sorted, 'postgres', into))[0]!['all']).toBe('apfel Äpfel Zoo');
    expect(statSync(into.dataDirectory).mode & 0o077).toBe(0);
  });
});
