import { compareContent, findBackup, listBackups } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { args, backupNamed, defineAction } from '../define.js';
import { originalsOf } from '../immutable/outside.js';
import { outsideArguments } from './outside-source.js';

export const postgresContentMatches = defineAction({
  name: 'postgres.content-matches',
  with: args({
    expectation: {
      type: 'string',
      description: 'id of the backup set that says what is expected; the newest when not given',
    },
    ...outsideArguments,
  }),
  outputs: {
    ok: 'whether every table that has an expectation is as expected',
    found: 'what was compared, or what differs',
    expectation: 'id of the backup set that says what is expected',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compare row counts and content hashes with what ${backupNamed(given['expectation'])} recorded`,
  preview: () => [
    'SELECT count(*), sum(hash_record_extended(row(record_send(t.*)), 0)) FROM ONLY <table> t [WHERE <key> <= <value>]',
  ],
  perform: async (given, { environment, output }) => {
    const { trusted, postgres } = environment;
    const store =
      given['from'] === 'immutable' ? await originalsOf(environment, given['before']) : environment.store;
    const named = given['expectation'];
    const set =
      typeof named === 'string'
        ? await findBackup(store, trusted, named)
        : (await listBackups(store, trusted)).sets[0];
    if (set === undefined)
      throw new Failure(
        'unavailable',
        `${store.describe} holds no backup set, so nothing says what to expect`,
      );
    const outcome = await compareContent(await postgres.current(), set.manifest);
    for (const line of outcome.evidence) output(`${outcome.verdict}: ${line}\n`);
    return { outputs: { ok: outcome.verdict === 'pass', found: outcome.evidence, expectation: set.id } };
  },
});
