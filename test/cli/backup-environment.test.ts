import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAge, newIdentity } from '../../src/backup/index.js';
import { connectTo } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import {
  hourly,
  makeBackupProgramme,
  wrongPassfile,
  type BackupProgramme,
  type Parts,
} from './backup-ground.js';

let programme: BackupProgramme;
let recipient: string;
beforeAll(async () => {
  programme = await makeBackupProgramme();
  const age = await findAge();
  ({ recipient } = await newIdentity({ age, path: programme.at('operations.txt') }));
});
afterAll(async () => programme.remove());

const daily = '  daily: {way: logical, store: main, interval: 1d}';
const sql = async (...statements: string[]) => {
  const session = await connectTo(programme.primary);
  for (const one of statements) await session.query(one);
  await session.end();
};
/** A passfile with the right password under another name. */
const passfileOf = (user: string): string => {
  const file = programme.at(`${user}.pass`);
  writeFileSync(file, `127.0.0.1:${programme.primary.port}:*:${user}:a-password\n`, { mode: 0o600 });
  return file;
};
/** An installation like the real one, but for programs that are missing or of another version. */
const toolsWithout = (
  name: string,
  changed: { readonly [program: string]: string | null },
): NodeJS.ProcessEnv => {
  const folder = programme.at(name);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const { binDirectory } = programme.ground.tools;
  for (const program of readdirSync(binDirectory)) {
    const other = changed[program];
    if (other === undefined) symlinkSync(join(binDirectory, program), join(folder, program));
    else if (other !== null) writeFileSync(join(folder, program), `#!/bin/sh\n${other}\n`, { mode: 0o755 });
  }
  return { PATH: `${folder}:/usr/bin:/bin` };
};

interface Case {
  readonly change: () => Parts | Promise<Parts>;
  readonly env?: () => NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  readonly says: RegExp;
  /** What to type or to correct. */
  readonly hint: RegExp;
}

const cases: { readonly [name: string]: Case } = {
  'a wrong password': {
    change: () => ({ passfile: wrongPassfile(programme) }),
    says: /as admin: password authentication failed/,
    hint: /line for admin at 127\.0\.0\.1:\d+ in \S+wrong\.pass/,
  },
  'a wrong password of a dump': {
    change: () => ({ passfile: wrongPassfile(programme), policies: daily }),
    says: /as admin: password authentication failed/,
    hint: /wrong\.pass/,
  },
  'a passfile that is not there': {
    change: () => ({ passfile: '/nonexistent/passfile' }),
    says: /cannot read the passfile \/nonexistent\/passfile/,
    hint: /chmod 600 \/nonexistent\/passfile/,
  },
  'a role that the server does not have': {
    change: () => ({ user: 'nobody', passfile: passfileOf('nobody') }),
    says: /as nobody: (password authentication failed|role "nobody" does not exist)/,
    hint: /nobody/,
  },
  'a role that may not log in': {
    change: async () => {
      await sql(`create role locked_out password 'a-password'`);
      return { user: 'locked_out', passfile: passfileOf('locked_out') };
    },
    says: /role "locked_out" is not permitted to log in/,
    hint: /create role "locked_out" login/,
  },
  'a host whose name is not known': {
    change: () => ({ host: 'database.invalid' }),
    says: /cannot connect to database\.invalid:\d+/,
    hint: /pg_isready -h database\.invalid/,
  },
  'a server that is not there': {
    change: () => ({ port: 1 }),
    says: /cannot connect to 127\.0\.0\.1:1 /,
    hint: /pg_isready -h 127\.0\.0\.1 -p 1/,
  },
  'a missing pg_dump': {
    change: () => ({ policies: daily }),
    env: () => toolsWithout('no-dump', { pg_dump: null }),
    says: /pg_dump is not in/,
    hint: /apt-get install postgresql-client/,
  },
  'programs that are older than the server': {
    change: () => ({ policies: daily }),
    env: () => toolsWithout('older', { postgres: 'echo "postgres (PostgreSQL) 9.6.24"' }),
    says: /the server is PostgreSQL \d+, pg_dump is of 9/,
    hint: /apt-get install postgresql-client-\d+/,
  },
  'a missing age': {
    change: () => ({
      policies: `${hourly.slice(0, -1)}, encryption: {recipients: {operations: ${recipient}, escrow: ${recipient}}}}`,
    }),
    env: () => ({ PATH: programme.ground.tools.binDirectory }),
    says: /age is not in PATH/,
    hint: /install age/,
  },
};

test.each(Object.entries(cases))(
  '%s is the environment’s: exit 6, with a way out, and nothing is left',
  async (_, one) => {
    programme.declare(await one.change());
    const before = readdirSync(programme.at('.')).includes('store')
      ? readdirSync(programme.storeDirectory)
      : [];
    const ended = await programme.runWith(one.env?.() ?? {}, '--quiet', ...(one.args ?? ['backup']));
    expectExit(ended, 6);
    expect(ended.stderr).toMatch(one.says);
    expect(ended.stderr).toMatch(one.hint);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.stdout).toBe('');
    const after = readdirSync(programme.at('.')).includes('store')
      ? readdirSync(programme.storeDirectory)
      : [];
    expect(after.filter((name) => name !== 'locks')).toEqual(before.filter((name) => name !== 'locks'));
  },
);

test('a program that a required test needs and that is missing: the test is not run, which is no pass, and says what lacks', async () => {
  programme.declare({ policies: daily });
  expectExit(await programme.run('--quiet', 'backup'), 0);
  const ended = await programme.runWith(toolsWithout('no-amcheck', { pg_amcheck: null }), 'verify', '--full');
  expectExit(ended, 1);
  expect(ended.stdout).toMatch(/– 7 .*: not run\n +pg_amcheck is not installed/);
  expect(ended.stderr).toContain('NOT verified');
  const [row] = (await programme.data('backups'))['sets'] as { verified: unknown }[];
  expect(row?.verified).toBeNull();
});
