import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  compareStructures,
  findBackup,
  readStructure,
  stageStructure,
  type Structure,
} from '../../backup/index.js';
import { connectTo, textColumn, type ClusterLocation } from '../../postgres/index.js';
import { Failure } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';
import { originalsOf } from '../immutable/outside.js';

/** Kinds of objects that can act, or let somebody in; tables and their rows are for other checks. */
const acting = new Set([
  ...['roles', 'memberships', 'role settings', 'databases', 'parameter grants'],
  ...['extensions', 'functions', 'triggers', 'event triggers', 'rules', 'policies', 'languages', 'casts'],
  ...['operators', 'transforms', 'foreign-data wrappers', 'foreign servers', 'user mappings'],
  ...['subscriptions', 'publications', 'default privileges'],
]);

const libraries = ['shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries'];

export const postgresCompareCode = defineAction({
  name: 'postgres.compare-code',
  with: args(
    {
      cluster: { type: 'string', enum: ['replacement', 'side'] },
      backup: {
        type: 'string',
        description: 'id of the set in the immutable store that says what is expected',
      },
      before: { type: 'string', format: 'date-time' },
      identity: { type: 'string', description: 'file of the identity that opens it' },
    },
    ['cluster', 'backup', 'before'],
  ),
  outputs: {
    ok: 'true: nothing that can act is new, gone or different; otherwise the step fails',
    compared: 'how many objects were compared',
    libraries: 'libraries that the server or a session loads; none when there are none',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compare roles, extensions, functions, triggers and preloaded libraries of the ${shown(given['cluster'])} cluster with what backup ${shown(given['backup'])} recorded: malware can live inside a backup`,
  preview: () => [
    'SELECT … FROM pg_roles, pg_auth_members, pg_db_role_setting, pg_extension, pg_proc, pg_trigger, pg_event_trigger, …',
    `SELECT name, setting FROM pg_settings WHERE name IN (${libraries.map((one) => `'${one}'`).join(', ')})`,
  ],
  perform: async (given, { environment, signal, output, attach }) => {
    const location = await environment.postgres.find(text(given['cluster']) as ClusterName);
    if (location === null) throw new Failure('refused', 'there is no such cluster to look at');
    const store = await originalsOf(environment, given['before']);
    const set = await findBackup(store, environment.trusted, text(given['backup']));
    const into = join(dirname(location.dataDirectory), 'staging-structure');
    const identities = typeof given['identity'] === 'string' ? [given['identity']] : [];
    const expected = await stageStructure({ store, set, into, identities, signal }).finally(() =>
      rm(into, { recursive: true, force: true }),
    );
    const [was, is] = [onlyActing(expected.databases), onlyActing((await readStructure(location)).databases)];
    const loaded = await librariesOf(location);
    const before = set.manifest.server.settings['shared_preload_libraries'] ?? '';
    const differences = [
      ...compareStructures(was, is),
      ...(loaded['shared_preload_libraries'] === before
        ? []
        : [`shared_preload_libraries is '${loaded['shared_preload_libraries'] ?? ''}', was '${before}'`]),
    ];
    for (const line of differences) output(`${line}\n`);
    const compared = Object.values(is).flatMap((kinds) => Object.values(kinds).flatMap(Object.keys)).length;
    const report = { backup: set.id, differences, compared, libraries: loaded };
    const evidence = await attach(
      'comparison of what can act',
      `${JSON.stringify(report, null, 2)}\n`,
      'json',
    );
    if (differences.length > 0)
      throw new Failure(
        'check',
        `what can act is not as it was: ${differences.slice(0, 5).join('; ')}${differences.length > 5 ? ` and ${differences.length - 5} more` : ''}`,
        {
          hint: 'Find out who made it and when. What nobody can explain is dropped before clients come back, or an older set is restored.',
        },
      );
    const named = Object.values(loaded).filter((one) => one !== '');
    return {
      outputs: { ok: true, compared, libraries: named.length === 0 ? 'none' : named.join(', ') },
      evidence: [evidence],
    };
  },
});

function onlyActing(databases: { readonly [name: string]: Structure }): { [name: string]: Structure } {
  return Object.fromEntries(
    Object.entries(databases).map(([name, kinds]) => [
      name,
      Object.fromEntries(Object.entries(kinds).filter(([kind]) => acting.has(kind))),
    ]),
  );
}

async function librariesOf(location: ClusterLocation): Promise<{ readonly [name: string]: string }> {
  const session = await connectTo(location, { applicationName: 'firedrill compare', readOnly: true });
  try {
    const rows = await session.query('select name, setting from pg_settings where name = any($1::text[])', [
      libraries,
    ]);
    return Object.fromEntries(rows.map((row) => [textColumn(row, 'name'), textColumn(row, 'setting')]));
  } finally {
    await session.end();
  }
}
