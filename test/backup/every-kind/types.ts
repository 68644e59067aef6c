/** Types, functions, operators, and what makes them behave. */
export const types = `
  create type app.mood as enum ('sad', 'it''s ok', 'happy'); alter type app.mood owner to app_owner;
  comment on type app.mood is 'how it is'; grant usage on type app.mood to teller; revoke usage on type app.mood from public;
  create type app.address as (street text collate "C", number int, since date);
  comment on column app.address.street is 'without the number';
  create collation app.german (provider = icu, locale = 'de-u-co-phonebk', deterministic = false);
  comment on collation app.german is 'as in the phone book';
  create collation app.plain (provider = libc, locale = 'C');
  create domain app.positive as int default 1 constraint above_zero check (value > 0);
  comment on domain app.positive is 'more than nothing'; comment on constraint above_zero on domain app.positive is 'zero is nothing';
  create domain app.word as varchar(12) collate "C" not null;
  alter domain app.word add constraint no_blank check (value !~ ' ') not valid;
  create domain app.moods as app.mood[];
  create function app.span(a float8, b float8) returns float8 language sql immutable strict as 'select a - b';
  create type app.floats as range (subtype = float8, subtype_diff = app.span, multirange_type_name = app.many_floats);
  create type app.words as range (subtype = text, collation = "C", subtype_opclass = text_ops);
  create type app.unfinished;
  create type app.hue;
  create function app.hue_in(cstring) returns app.hue language internal immutable strict as 'int4in';
  create function app.hue_out(app.hue) returns cstring language internal immutable strict as 'int4out';
  create function app.hue_receive(internal) returns app.hue language internal immutable strict as 'int4recv';
  create type app.hue (input = app.hue_in, output = app.hue_out, internallength = 4, passedbyvalue, alignment = int4, storage = plain, category = 'X', default = '7');
  comment on type app.hue is 'a colour';
  create function app.hue_lt(app.hue, app.hue) returns bool language internal immutable strict as 'int4lt';
  create function app.hue_eq(app.hue, app.hue) returns bool language internal immutable strict as 'int4eq';
  create function app.hue_gt(app.hue, app.hue) returns bool language internal immutable strict as 'int4gt';
  create function app.hue_cmp(app.hue, app.hue) returns int language internal immutable strict as 'btint4cmp';
  create operator app.< (function = app.hue_lt, leftarg = app.hue, rightarg = app.hue, commutator = operator(app.>), restrict = scalarltsel, join = scalarltjoinsel);
  create operator app.> (function = app.hue_gt, leftarg = app.hue, rightarg = app.hue, commutator = operator(app.<));
  create operator app.= (function = app.hue_eq, leftarg = app.hue, rightarg = app.hue, commutator = operator(app.=), restrict = eqsel, join = eqjoinsel, merges, hashes);
  create operator app.!! (function = app.hue_out, rightarg = app.hue);
  comment on operator app.<(app.hue, app.hue) is 'redder';
  create operator family app.hue_family using btree;
  create operator class app.hue_ops default for type app.hue using btree family app.hue_family as
    operator 1 app.<, operator 3 app.=, operator 5 app.>, function 1 app.hue_cmp(app.hue, app.hue);
  comment on operator class app.hue_ops using btree is 'in order'; comment on operator family app.hue_family using btree is 'of hues';
  create table app.paint(h app.hue, m app.mood default 'happy', w app.word, p app.positive, a app.address, f app.floats, of_phone text collate app.german);
  create index paint_hue on app.paint(h);
  insert into app.paint values ('12', 'it''s ok', 'red', 3, row('Main St', 5, '2020-02-02'), '[1.5,2.5]', 'Ärger'), ('3', 'sad', 'blue', 1, null, 'empty', null);
  create table app.typed of app.address (primary key (street), number with options default 4);
  insert into app.typed values ('Elm', 2, null);
  create cast (app.hue as int) without function as assignment;
  create cast (app.mood as app.word) with inout;
  create function app.to_mood(int) returns app.mood language sql immutable as $$select (enum_range(null::app.mood))[$1]$$;
  create cast (int as app.mood) with function app.to_mood(int) as implicit;
  comment on cast (int as app.mood) is 'by number';

  create function app.greet(who text, inout times int default 2, variadic more text[] default '{}') language plpgsql
    stable leakproof parallel safe cost 17 security definer set search_path = app, pg_temp set work_mem = '3MB' as $f$begin times := times + 1; end$f$;
  comment on function app.greet(text, int, text[]) is 'says hello';
  revoke execute on function app.greet(text, int, text[]) from public; grant execute on function app.greet(text, int, text[]) to teller;
  create function app.pairs(n int) returns table(a int, b int) language sql rows 5 as 'select i, i * i from generate_series(1, n) i';
  create function app.twice(a int) returns int language sql immutable begin atomic select a * 2; end;
  create procedure app.tidy(inout n int) language plpgsql as $p$begin delete from app.empty where id > n; end$p$;
  alter procedure app.tidy owner to app_owner;
  create function app.sum_step(numeric, numeric) returns numeric language sql immutable as 'select coalesce($1, 0) + coalesce($2, 0)';
  create function app.sum_end(numeric) returns numeric language sql immutable as 'select $1 * 10';
  create aggregate app.total(numeric) (sfunc = app.sum_step, stype = numeric, sspace = 32, finalfunc = app.sum_end, initcond = '5', combinefunc = app.sum_step, parallel = safe,
    msfunc = app.sum_step, minvfunc = app.sum_step, mstype = numeric, minitcond = '1');
  create aggregate app.nth(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
  comment on aggregate app.total(numeric) is 'ten times'; alter aggregate app.total(numeric) owner to app_owner;

  create function app.on_change() returns trigger language plpgsql as $t$begin return coalesce(new, old); end$t$;
  create trigger a_disabled before update on app.person for each row when (old.name is distinct from new.name) execute function app.on_change('x', 'y''z');
  create trigger b_always after insert on app.person referencing new table as fresh for each statement execute function app.on_change();
  create trigger c_replica after delete on app.person for each row execute function app.on_change();
  create constraint trigger d_late after insert on app.person deferrable initially deferred for each row execute function app.on_change();
  create trigger e_view instead of update on app.known for each row execute function app.on_change();
  create trigger f_parts before insert on app.sales for each row execute function app.on_change();
  alter table app.person disable trigger a_disabled, enable always trigger b_always, enable replica trigger c_replica;
  comment on trigger a_disabled on app.person is 'sleeps';
  create rule keep_out as on delete to app.egg where old.id = 1 do instead nothing;
  create rule no_more as on insert to app.empty do also notify something; alter table app.empty disable rule no_more;
  comment on rule keep_out on app.egg is 'the first egg stays';
`;
