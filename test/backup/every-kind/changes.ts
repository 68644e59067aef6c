/** One thing is changed; what the comparison must say of it, and nothing else. */
export interface Change {
  readonly sql: string;
  readonly says: readonly string[];
}

const change = (sql: string, ...says: readonly string[]): Change => ({ sql, says });
const here = (text: string) => `everything: ${text}`;

/** In the order given, one after the other, in the first database. */
export const changes: readonly Change[] = [
  change('alter table app.empty owner to teller', here('tables app.empty is different: owner')),
  change('revoke select on app.sales from auditor', here('tables app.sales is different: grants')),
  change(
    'alter table app.secret no force row level security',
    here('tables app.secret is different: row security'),
  ),
  change('alter table app.person set (fillfactor = 71)', here('tables app.person is different: options')),
  change(
    'alter table app.person reset (toast.autovacuum_enabled)',
    here('tables app.person is different: toast options'),
  ),
  change(
    'alter table app.identified_full replica identity nothing',
    here('tables app.identified_full is different: replica identity'),
  ),
  change('alter table app.far set tablespace pg_default', here('tables app.far is different: tablespace')),
  change('refresh materialized view app.unfilled', here('tables app.unfilled is different: populated')),
  change(
    'refresh materialized view app.totals with no data',
    here('tables app.totals is different: populated'),
  ),
  change(
    `alter foreign table app.remote options (set table_name 'others')`,
    here('tables app.remote is different: foreign options'),
  ),
  change(
    `alter foreign table app.remote alter column id options (set column_name 'no')`,
    here('columns app.remote.id is different: foreign options'),
  ),
  change('alter table app.cache set logged', here('tables app.cache is different: persistence')),
  change(
    'alter table app.pet no inherit app.owned',
    here('columns app.pet.owner is different: inherited'),
    here('tables app.pet is different: parents'),
  ),
  change('alter table app.typed not of', here('tables app.typed is different: type')),
  change(
    'alter table app.sales detach partition app.sales_other',
    here('indexes app.sales_other_pkey is different: parent'),
    here('indexes app.sales_other_region_idx is different: parent'),
    here('tables app.sales_other is different: parents, partition bound'),
    here('triggers app.sales_other f_parts is missing'),
  ),
  change(
    'revoke update (name) on app.secret from teller',
    here('columns app.secret.name is different: grants'),
  ),
  change(
    'alter table app.person alter column photo set storage main',
    here('columns app.person.photo is different: storage'),
  ),
  change(
    'alter table app.person alter column tags set compression default',
    here('columns app.person.tags is different: compression'),
  ),
  change(
    'alter table app.person alter column name set statistics 320',
    here('columns app.person.name is different: statistics target'),
  ),
  change(
    'alter table app.person alter column born reset (n_distinct)',
    here('columns app.person.born is different: options'),
  ),
  change(
    `alter table app.person alter column tags set default '{}'`,
    here('columns app.person.tags is different: default'),
  ),
  change(
    'alter table app.person alter column initials drop expression',
    here('columns app.person.initials is different: default, generated'),
  ),
  change(
    'alter table app.person alter column code set generated always',
    here('columns app.person.code is different: identity'),
  ),
  change(
    'comment on column app.address.street is null',
    here('columns app.address.street is different: comment'),
  ),
  change(
    'alter index app.person_far set tablespace pg_default',
    here('indexes app.person_far is different: tablespace'),
  ),
  change(
    'alter index app.person_far alter column 2 set statistics 78',
    here('indexes app.person_far is different: statistics targets'),
  ),
  change(
    'alter table app.person set without cluster',
    here('indexes app.person_pkey is different: clustered'),
  ),
  change(
    'alter table app.identified replica identity default',
    here('indexes app.identified_by is different: replica identity'),
    here('tables app.identified is different: replica identity'),
  ),
  change('drop index app.never_unique', here('indexes app.never_unique is missing')),
  change('comment on index app.person_far is null', here('indexes app.person_far is different: comment')),
  change(
    'alter table app.hen validate constraint not_checked_key',
    here('constraints f app.not_checked_key on app.hen is different: definition, validated'),
  ),
  change(
    'comment on constraint grown on app.person is null',
    here('constraints c app.grown on app.person is different: comment'),
  ),
  change(
    'alter table app.egg alter constraint egg_hen deferrable initially deferred',
    here('constraints f app.egg_hen on app.egg is different: deferrable, definition'),
  ),
  change(
    'alter table app.refund enable trigger all',
    here('constraints f app.refund_day_region_sale_fkey on app.refund is different: enabled'),
  ),
  change(
    'comment on constraint above_zero on domain app.positive is null',
    here('constraints c app.above_zero on app.positive is different: comment'),
  ),
  change('alter sequence app.countdown no cycle', here('sequences app.countdown is different: definition')),
  change(
    'alter sequence app.owned_by_hand owned by app.keyless.b',
    here('sequences app.owned_by_hand is different: owned by'),
  ),
  change(
    'revoke usage on sequence app.countdown from teller',
    here('sequences app.countdown is different: grants'),
  ),
  change(
    'alter table app.person enable trigger a_disabled',
    here('triggers app.person a_disabled is different: enabled'),
  ),
  change(
    'alter table app.person disable trigger d_late',
    here('triggers app.person d_late is different: enabled'),
  ),
  change(
    'comment on trigger a_disabled on app.person is null',
    here('triggers app.person a_disabled is different: comment'),
  ),
  change('alter table app.empty enable rule no_more', here('rules app.empty no_more is different: enabled')),
  change(
    'alter policy own_rows on app.secret to teller',
    here('policies app.secret own_rows is different: roles'),
  ),
  change(
    'comment on policy own_rows on app.secret is null',
    here('policies app.secret own_rows is different: comment'),
  ),
  change(
    'alter statistics app.person_stats set statistics 221',
    here('extended statistics app.person_stats is different: target'),
  ),
  change('alter schema shared_out owner to teller', here('schemas shared_out is different: owner')),
  change('comment on schema public is null', here('schemas public is different: comment')),
  change(
    'alter function app.greet(text, int, text[]) reset work_mem',
    here('functions app.greet(who text, INOUT times integer, VARIADIC more text[]) is different: definition'),
  ),
  change(
    'alter function app.greet(text, int, text[]) security invoker',
    here('functions app.greet(who text, INOUT times integer, VARIADIC more text[]) is different: definition'),
  ),
  change(
    'alter procedure app.tidy owner to teller',
    here('functions app.tidy(INOUT n integer) is different: owner'),
  ),
  change(
    `create or replace aggregate app.total(numeric) (sfunc = app.sum_step, stype = numeric, sspace = 32, finalfunc = app.sum_end, initcond = '6', combinefunc = app.sum_step, parallel = safe,
    msfunc = app.sum_step, minvfunc = app.sum_step, mstype = numeric, minitcond = '1')`,
    here('functions app.total(numeric) is different: aggregate'),
  ),
  change(
    `alter type app.mood add value 'very sad' before 'sad'`,
    here('types app.mood is different: labels'),
  ),
  change('revoke usage on type app.mood from teller', here('types app.mood is different: grants')),
  change('alter domain app.word drop not null', here('types app.word is different: base')),
  change(
    'alter type app.hue set (receive = app.hue_receive)',
    here('types app.hue is different: representation'),
  ),
  change('drop cast (app.hue as int)', here('casts app.hue as integer is missing')),
  change(
    'comment on cast (int as app.mood) is null',
    here('casts integer as app.mood is different: comment'),
  ),
  change(
    'alter operator app.<(app.hue, app.hue) set (restrict = none)',
    here('operators app.<(app.hue,app.hue) is different: definition'),
  ),
  change(
    'comment on operator class app.hue_ops using btree is null',
    here('operator classes app.hue_ops using btree is different: comment'),
  ),
  change(
    'alter operator family app.hue_family using btree add function 2 (app.hue, app.hue) btint4sortsupport(internal)',
    here('operator families app.hue_family using btree is different: functions'),
  ),
  change('comment on access method heap_too is null', here('access methods heap_too is different: comment')),
  change('grant usage on language plodd to teller', here('languages plodd is different: grants')),
  change('drop transform for int language plodd', here('transforms for integer language plodd is missing')),
  change(
    'alter conversion app.to_latin owner to teller',
    here('conversions app.to_latin is different: owner'),
  ),
  change('alter collation app.german owner to teller', here('collations app.german is different: owner')),
  change(
    `update pg_collation set collversion = '1' where collname = 'german'`,
    here('collations app.german is different: version'),
  ),
  change('alter event trigger watch_drops enable', here('event triggers watch_drops is different: enabled')),
  change(
    'comment on event trigger watch_ddl is null',
    here('event triggers watch_ddl is different: comment'),
  ),
  change('comment on extension pg_trgm is null', here('extensions pg_trgm is different: comment')),
  change(
    'revoke execute on function hs.akeys(hs.hstore) from teller',
    here('extension objects function hs.akeys(hs.hstore) is different: grants'),
  ),
  change(
    'grant execute on function pg_catalog.pg_sleep(float8) to public',
    here('grants on system objects function pg_catalog.pg_sleep(double precision) is missing'),
  ),
  change(
    'revoke usage on foreign data wrapper no_handler from app_owner',
    here('foreign-data wrappers no_handler is different: grants'),
  ),
  change(
    `alter server elsewhere options (set port '2')`,
    here('foreign servers elsewhere is different: options'),
  ),
  change(`alter server elsewhere version '1.3'`, here('foreign servers elsewhere is different: definition')),
  change(
    `alter user mapping for teller server elsewhere options (set password 'another')`,
    here('user mappings for teller server elsewhere is different: options'),
  ),
  change(
    'alter publication rows_and_columns set table app.person (id, name) where (id > 6), app.egg',
    here('publications rows_and_columns is different: tables'),
  ),
  change(
    'alter publication whole_schema add tables in schema "Odd schema"',
    here('publications whole_schema is different: schemas'),
  ),
  change('alter publication everything owner to admin', here('publications everything is different: owner')),
  change(
    `alter subscription upstream connection 'host=127.0.0.1 port=1 dbname=nowhere password=another'`,
    here('subscriptions upstream is different: connection'),
  ),
  change(
    'alter subscription upstream set (binary = false)',
    here('subscriptions upstream is different: options'),
  ),
  change(`select lo_put(4711, 3000, 'X')`, here('large objects 4711 is different: content')),
  change('alter large object 4711 owner to teller', here('large objects 4711 is different: grants, owner')),
  change(
    'alter default privileges for role app_owner in schema app revoke insert on tables from teller',
    here('default privileges app_owner app r is different: grants'),
  ),
  change(
    'alter text search configuration app.english_too alter mapping for asciiword with app.simply',
    here('text search configurations app.english_too is different: mappings'),
  ),
  change(
    `alter text search dictionary app.simply (accept = 'true')`,
    here('text search dictionaries app.simply is different: definition'),
  ),
  change(
    'comment on text search parser app.words_of is null',
    here('text search parsers app.words_of is different: comment'),
  ),
  change(
    'comment on text search template app.simple_too is null',
    here('text search templates app.simple_too is different: comment'),
  ),
  change(`alter role teller password 'another'`, '*: roles teller is different: password'),
  change('alter role teller connection limit 8', '*: roles teller is different: connection limit'),
  change(`alter role teller valid until 'infinity'`, '*: roles teller is different: valid until'),
  change('comment on role teller is null', '*: roles teller is different: comment'),
  change(
    'revoke admin option for keeper from teller',
    '*: memberships teller in keeper is different: options',
  ),
  change('alter role teller reset work_mem', '*: role settings teller in * is different: settings'),
  change(
    'alter role teller in database everything reset application_name',
    '*: role settings teller in everything is missing',
  ),
  change('alter database everything reset statement_timeout', '*: role settings * in everything is missing'),
  change('alter role all reset lock_timeout', '*: role settings * in * is missing'),
  change(
    'alter database everything connection limit 45',
    '*: databases everything is different: connection limit',
  ),
  change('alter database everything is_template true', '*: databases everything is different: template'),
  change('grant connect on database everything to public', '*: databases everything is different: grants'),
  change('comment on database everything is null', '*: databases everything is different: comment'),
  change(
    'alter tablespace far_away reset (random_page_cost)',
    '*: tablespaces far_away is different: options',
  ),
  change(
    'revoke create on tablespace far_away from app_owner',
    '*: tablespaces far_away is different: grants',
  ),
  change('revoke set on parameter log_statement from teller', '*: parameter grants log_statement is missing'),
  // What means the same must not count as different.
  change('grant all on app.keyless to admin'),
  change('alter table app.empty add column passing int; alter table app.empty drop column passing'),
  change(
    'alter table app.person reset (autovacuum_vacuum_scale_factor); alter table app.person set (autovacuum_vacuum_scale_factor = 0.01)',
  ),
  change('select lo_put(4712, 4000, decode(repeat($$00$$, 3000), $$hex$$))'),
  // The server writes some conditions differently once it has read its own text back.
  change(`do $$declare said text; begin
    select pg_get_constraintdef(oid) into said from pg_constraint where conname = 'person_status_check';
    alter table app.person drop constraint person_status_check;
    execute 'alter table app.person add constraint person_status_check ' || said; end$$`),
  change(`do $$declare said text; begin
    select pg_get_indexdef('app.person_known'::regclass) into said;
    drop index app.person_known; execute said; end$$`),
];
