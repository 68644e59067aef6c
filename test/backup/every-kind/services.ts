/** What reaches beyond tables. */
export const services = `
  create function app.plodd_call() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
  create function app.plodd_inline(internal) returns void language c strict as '$libdir/plpgsql', 'plpgsql_inline_handler';
  create function app.plodd_check(oid) returns void language c strict as '$libdir/plpgsql', 'plpgsql_validator';
  create trusted language plodd handler app.plodd_call inline app.plodd_inline validator app.plodd_check;
  create function app.plodding() returns int language plodd as 'begin return 1; end';
  comment on language plodd is 'plpgsql by another name'; revoke usage on language plodd from public;
  create transform for int language plodd (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
  comment on transform for int language plodd is 'to and fro';
  create conversion app.to_latin for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; comment on conversion app.to_latin is 'narrower';
  create text search parser app.words_of (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype);
  create text search template app.simple_too (init = dsimple_init, lexize = dsimple_lexize);
  create text search dictionary app.simply (template = app.simple_too, stopwords = 'english', accept = 'false');
  create text search configuration app.english_too (parser = app.words_of);
  alter text search configuration app.english_too add mapping for asciiword, word with app.simply, english_stem;
  alter text search configuration app.english_too add mapping for numword with simple;
  comment on text search configuration app.english_too is 'two dictionaries'; comment on text search dictionary app.simply is 'stops';
  comment on text search parser app.words_of is 'splits'; comment on text search template app.simple_too is 'simple';

  create foreign data wrapper no_handler options (debug 'true'); comment on foreign data wrapper no_handler is 'does nothing';
  grant usage on foreign data wrapper no_handler to app_owner;
  create server elsewhere type 'test' version '1.2' foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1', dbname 'nowhere');
  create server "Odd server" foreign data wrapper no_handler; alter server elsewhere owner to app_owner;
  comment on server elsewhere is 'not here'; grant usage on foreign server elsewhere to teller;
  create user mapping for teller server elsewhere options (user 'teller', password 'topsecret');
  create user mapping for public server "Odd server" options (token 'x');
  create foreign table app.remote(id int options (column_name 'nr') not null, name text, check (id > 0)) server elsewhere options (schema_name 'other', table_name 'remote');
  comment on foreign table app.remote is 'over there';

  create publication rows_and_columns for table app.person (id, name) where (id > 5), app.egg with (publish = 'insert, update', publish_via_partition_root = true);
  create publication whole_schema for tables in schema shared_out, table app.hen; comment on publication whole_schema is 'to everybody';
  create publication everything for all tables; alter publication everything owner to auditor_super;
  create subscription upstream connection 'host=127.0.0.1 port=1 dbname=nowhere password=topsecret' publication a, "B b" with (connect = false, slot_name = none, binary = true);
  comment on subscription upstream is 'from the other side';

  create function app.on_ddl() returns event_trigger language plpgsql as $e$begin null; end$e$;
  create event trigger watch_ddl on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function app.on_ddl();
  create event trigger watch_drops on sql_drop execute function app.on_ddl();
  alter event trigger watch_drops disable; comment on event trigger watch_ddl is 'watches';

  select lo_from_bytea(4711, convert_to(repeat('large object ', 1000), 'UTF8')); alter large object 4711 owner to app_owner;
  grant select on large object 4711 to teller; comment on large object 4711 is 'large';
  select lo_create(4712); select lo_put(4712, 10000, 'after a hole'); select lo_create(4713);
`;

/** Values that lose something on careless ways. */
export const values = `
  create table app.odd_values(id int primary key, j json, jb jsonb, x xml, money money, at_point point, shape polygon, list int[][], h hs.hstore, f float8, f4 float4, n numeric,
    ts timestamptz, ts0 timestamp, d date, i interval, tt timetz, b bytea, t text, c char(5), u uuid, net inet, mac macaddr8, bits varbit, q tsquery, v tsvector, lsn pg_lsn, r int4range, mr int4multirange, name name, ch "char", m app.mood[], a app.address[]);
  insert into app.odd_values(id, f, f4, n, ts, ts0, d, i, tt) values
    (1, 'NaN', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity', '1 year -2 mons +3 days -04:05:06.789', '10:11:12.123456+13:45'),
    (2, '-0', '-0', 'Infinity', '-infinity', '0044-03-15 BC', '-infinity', '-178000000 years', '24:00:00-15:59'),
    (3, 'Infinity', 1e-37, '-Infinity', '2026-03-29 02:30:00+02', '294276-12-31', '5874897-12-31', '0', '00:00:00+00'),
    (4, 0.1 + 0.2::float8, 1.1, 1.000, '0001-01-01 00:00:00+00 BC', null, null, null, null), (5, 4.9e-324, 3.4e38, 123456789012345678901234567890.00100, null, null, null, null, null);
  insert into app.odd_values(id, j, jb, x, money, at_point, shape, list, h, b, t, c, u, net, mac, bits, q, v, lsn, r, mr, name, ch, m, a) values
    (6, '{"b": 1,   "a": [1.0, 1e400], "b": 2}', '{"b": 1.00, "a": "\\u00e9"}', '<a b="c">&amp;<!-- x --></a>', '-1234.56', '(-0,NaN)', '((0,0),(1,1),(1e-300,0))', '[0:1][2:3]={{1,null},{3,4}}',
     '"a b"=>"c\\"d", e=>NULL', '\\x00ff5c27', E'\\\\. \\t\\n\\r é 漢 🐘 ''', 'ab', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::ffff:1.2.3.4/128', '08:00:2b:01:02:03:04:05', B'10101',
     '''a b'' & !c:*', '''x'':1A,5 ''y z''', 'FFFFFFFF/0', '(,5]', '{[1,3),[7,)}', 'name', 'é'::text::"char", '{sad,"it''s ok"}', array[row('a "b", c', null, 'infinity')::app.address]),
    (7, 'null', 'null', '', '0', null, null, '{}', '', '', '', '', null, null, null, B'', '', '', null, 'empty', '{}', '', '', '{}', '{}');
  create table app.toasted(id int primary key, long text, raw bytea);
  insert into app.toasted select i, (select string_agg(md5((i * 1000 + k)::text), '') from generate_series(1, 400) k), decode(repeat(md5(i::text), 300), 'hex') from generate_series(1, 40) i;
  alter table app.toasted alter column raw set storage external; update app.toasted set raw = raw || '\\x00' where id % 4 = 0;
`;
