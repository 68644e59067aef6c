import { describe, expect, it } from 'vitest';
import { compareStructures, readStructure, restoreDatabase, restoreLogical } from '../../src/backup/index.js';
import { planGlobals } from '../../src/backup/logical/globals-plan.js';
import { splitStatements } from '../../src/backup/logical/split-statements.js';
import { compareComplete } from '../../src/backup/verify/compare-complete.js';
import { useLogicalGround } from './logical-ground.js';

describe('the globals of a cluster', () => {
  const text = `--\n-- Roles\n--\n\n\\restrict abc\n\nCREATE ROLE admin;\nALTER ROLE admin WITH SUPERUSER PASSWORD 'x';
CREATE ROLE other;\nCOMMENT ON ROLE other IS 'first line; it''s
CREATE ROLE admin;
ALTER ROLE admin WITH NOLOGIN;
CREATE TABLESPACE nowhere';
COMMENT ON ROLE other IS E'a \\\\ and \\' CREATE ROLE admin;';
CREATE TABLESPACE "odd OWNER ""x"" LOCATION" OWNER other LOCATION '/live/path''s';\n\n\\unrestrict abc\n`;

  it('are split where statements end, and nowhere else', () => {
    const parts = splitStatements(text);
    expect(parts.join('')).toBe(text);
    expect(parts.map((one) => one.trim().split('\n').at(-1))).toEqual(
      [
        '\\restrict abc',
        'CREATE ROLE admin;',
        `ALTER ROLE admin WITH SUPERUSER PASSWORD 'x';`,
        'CREATE ROLE other;',
        `CREATE TABLESPACE nowhere';`,
        `COMMENT ON ROLE other IS E'a \\\\ and \\' CREATE ROLE admin;';`,
        `CREATE TABLESPACE "odd OWNER ""x"" LOCATION" OWNER other LOCATION '/live/path''s';`,
        '\\unrestrict abc',
        '',
      ].slice(0, parts.length),
    );
  });

  it('leave out the role that is there, keep what only looks like a statement, and never name a path that lives', () => {
    const { first, last, tablespaces } = planGlobals(text, 'admin', '/new/place');
    expect(last.trim()).toBe(`ALTER ROLE admin WITH SUPERUSER PASSWORD 'x';`);
    expect(first).toContain(
      `first line; it''s\nCREATE ROLE admin;\nALTER ROLE admin WITH NOLOGIN;\nCREATE TABLESPACE nowhere';`,
    );
    expect(first.match(/CREATE ROLE admin;/g)).toHaveLength(2);
    expect(first).not.toContain('/live/');
    expect(first).toContain(`"odd OWNER ""x"" LOCATION" OWNER other LOCATION '/new/place/1';`);
    expect(tablespaces).toEqual([{ name: '"odd OWNER ""x"" LOCATION"', directory: '/new/place/1' }]);
  });
});

describe('names that a shell, a connection string or a statement would read otherwise', () => {
  const odd = `host=x it's \\ "shop"`;
  const role = `the "Clerk"; drop`;
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const on = useLogicalGround(`
    create role ${quoted(role)} login; create role unrelated;
    comment on role unrelated is 'a line\nCREATE ROLE admin;\nALTER ROLE admin WITH NOLOGIN;';`);

  it('are names everywhere, and settings of the database do not keep its restore out', async () => {
    const { tools } = on.ground;
    await on.query(`create database ${quoted(odd)} owner ${quoted(role)}`);
    await on.query(`alter database ${quoted(odd)} set default_transaction_read_only = on`);
    await on.query(`alter database ${quoted(odd)} set search_path = ${quoted(role)}, public`);
    const fill = `set transaction read write; create schema ${quoted(role)} authorization ${quoted(role)};
      create table ${quoted(role)}.a(i int primary key); insert into ${quoted(role)}.a select generate_series(1, 100)`;
    await on.query(fill, odd);
    const set = await on.backup(await on.store());
    // A role that the database has nothing to do with is not asked for.
    await on.query('comment on role unrelated is null; drop role unrelated');
    const as = `dbname=${odd}`;
    const { said } = await restoreDatabase({ tools, set, location: on.primary, database: odd, as });
    expect(said).toEqual([]);
    expect(
      await on.query(
        'select count(*)::int as n, current_setting($$default_transaction_read_only$$) as r from a',
        as,
      ),
    ).toEqual([{ n: 100, r: 'on' }]);
    await on.query(`drop database ${quoted(as)}`, 'postgres');
    await on.query('create role unrelated');
    await on.query(
      `comment on role unrelated is 'a line\nCREATE ROLE admin;\nALTER ROLE admin WITH NOLOGIN;'`,
    );

    const into = await on.ground.place('whole');
    await restoreLogical({ tools, set, into, passwordFrom: on.primary });
    const [before, after] = [await readStructure(on.primary), await readStructure(into)];
    expect(compareStructures(before.databases, after.databases)).toEqual([]);
  });

  it('of databases that were not asked for are named as losses, and nothing else differs', async () => {
    const set = await on.backup(await on.store(), { databases: ['shop'] });
    const into = await on.ground.place('part');
    await restoreLogical({ tools: on.ground.tools, set, into, passwordFrom: on.primary });
    const outcome = await compareComplete({ location: into, set, tools: on.ground.tools });
    expect(outcome.evidence.filter((line) => !line.includes('as recorded'))).toEqual([]);
    expect(outcome.verdict).toBe('pass');
    expect(set.manifest.losses).toContain(`database ${odd} (it was not asked for)`);
  });
});
