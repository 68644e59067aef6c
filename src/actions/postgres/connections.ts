import type { JsonObject } from '../../base/index.js';
import { idleSessionsOf, readConnectionSlots, type ConnectionSlots } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { asAdministrator } from './diagnosing.js';
import { endAll } from './end-sessions.js';

/** With fewer free ones the next burst of clients is turned away. */
const fewestFree = 3;

export const postgresConnections = defineAction({
  name: 'postgres.connections',
  with: args(),
  outputs: {
    ok: 'whether clients find a free connection slot',
    slots: 'slots that clients can have',
    used: 'how many are taken',
    free: 'how many are not',
    clients: 'who has them, one line a client',
    hoarderUser: 'user of the client that holds half of all slots idle; null: there is none',
    hoarderApplication: 'its application name',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'Count the connection slots that are taken, and by whom',
  preview: () => ['SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3'],
  perform: async (_given, { environment, output }) => {
    const found = await asAdministrator(environment, { readOnly: true }, readConnectionSlots);
    const outputs = connectionOutputs(found);
    output(`${found.used} of ${found.slots} slots are taken\n`);
    for (const line of outputs['clients'] as readonly string[]) output(`${line}\n`);
    return { outputs };
  },
});

export function connectionOutputs({ slots, used, clients, hoarder }: ConnectionSlots): JsonObject {
  return {
    ok: slots - used >= fewestFree,
    slots,
    used,
    free: slots - used,
    clients: clients.map(
      (one) => `${one.user} (${one.application}): ${one.sessions} sessions, ${one.idle} of them idle`,
    ),
    hoarderUser: hoarder?.user ?? null,
    hoarderApplication: hoarder?.application ?? null,
  };
}

export const postgresFreeConnections = defineAction({
  name: 'postgres.free-connections',
  with: args({ user: { type: 'string' }, application: { type: 'string' } }, ['user', 'application']),
  outputs: {
    ended: 'sessions that were ended',
    gone: 'those that were over before',
    doing: 'what each of them was doing, in a few words',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `End the idle sessions of ${shown(given['user'])} (${shown(given['application'])}), after keeping what they were doing`,
  preview: () => [
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND usename = <user> AND application_name = <application>",
  ],
  perform: async (given, context) => {
    const client = { user: text(given['user']), application: text(given['application']) };
    const sessions = await asAdministrator(context.environment, { readOnly: true }, (session) =>
      idleSessionsOf(session, client),
    );
    if (sessions.length === 0) return { outputs: { ended: [], gone: [], doing: [] } };
    return endAll({ sessions }, context, { how: 'terminate', what: 'end idle sessions' });
  },
});
