import { Failure, type JsonObject } from '../../base/index.js';
import {
  describeSession,
  endSession,
  findHorizonHolders,
  isOver,
  readBlocking,
  sayHolder,
} from '../../postgres/index.js';
import type { EvidenceRef } from '../../run/index.js';
import type { ActionContext, ActionResult } from '../action.js';
import { args, defineAction, shown } from '../define.js';
import { asAdministrator, names } from './diagnosing.js';

const sessions = {
  type: 'array',
  items: { type: 'string' },
  description: 'as another step found them: pid@start',
};
const outputs = {
  ended: 'what was ended',
  gone: 'what was over before it could be ended',
  doing: 'what each of them was doing, in a few words',
};
const kept = 'SELECT * FROM pg_stat_activity, pg_locks WHERE pid = <pid> (kept as evidence first)';

/** Ends what makes everybody wait, and nobody who merely waits: those behind it then go on by themselves. */
export const postgresEndRootBlocker = defineAction({
  name: 'postgres.end-root-blocker',
  with: args({ sessions }, ['sessions']),
  outputs,
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `End the sessions that everybody waits for (${shown(given['sessions'])}), after keeping what they were doing`,
  preview: () => [
    kept,
    'SELECT pg_terminate_backend(<pid>) (only if it still is that session, and the root)',
  ],
  perform: (given, context) =>
    endAll(given, context, {
      how: 'terminate',
      what: 'end the sessions that everybody waits for',
      allowed: async (session, id) => {
        const tree = await readBlocking(session);
        const waits = tree.waiting.find((one) => one.id === id);
        if (waits !== undefined)
          throw new Failure('refused', `session ${id} waits for others itself: it is not the root`, {
            hint: 'Look for the root anew; ending one that waits frees nobody.',
          });
      },
    }),
});

/** Ends idle transactions for whose sake dead rows are kept; what they had not committed is rolled back. Who is at work, or a backup, goes on. */
export const postgresEndHorizonHolder = defineAction({
  name: 'postgres.end-horizon-holder',
  with: args({ sessions: { ...sessions, description: 'as another step found them: pid@start~start' } }, [
    'sessions',
  ]),
  outputs,
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `End the idle sessions that keep dead rows from removal (${shown(given['sessions'])}), after keeping what they were doing`,
  preview: () => [
    kept,
    'SELECT pg_terminate_backend(<pid>) (only if it still is that transaction, and idle)',
  ],
  perform: (given, context) =>
    endAll(given, context, {
      how: 'terminate',
      what: 'end the sessions that keep dead rows',
      allowed: async (session, id) => {
        const { sessions: holders } = await findHorizonHolders(session);
        const holder = holders.find((one) => one.id === id);
        if (holder?.kind === 'idle' || (holder === undefined && (await isOver(session, id)))) return;
        if (holder === undefined)
          throw new Failure('refused', `session ${id} keeps no dead row any more`, {
            hint: 'Look anew for who does; ending others helps nobody.',
          });
        throw new Failure('refused', `no session is ended: ${sayHolder(holder)}`, {
          hint: 'Wait for its end, or ask its owner.',
        });
      },
    }),
});

export const postgresCancelQuery = defineAction({
  name: 'postgres.cancel-query',
  with: args({ queries: { ...sessions, description: 'as another step found them: pid@start/start' } }, [
    'queries',
  ]),
  outputs,
  effect: 'idempotent',
  destroys: false,
  describe: (given) => `Cancel the queries ${shown(given['queries'])}, after keeping what they are`,
  preview: () => [kept, 'SELECT pg_cancel_backend(<pid>) (only if it still is that query)'],
  perform: (given, context) =>
    endAll({ sessions: given['queries'] ?? [] }, context, { how: 'cancel', what: 'cancel queries' }),
});

/** The sessions, queries or transactions of an earlier step are over; somebody else with the same process id does not count. */
export const postgresIsOver = defineAction({
  name: 'postgres.is-over',
  with: args({ sessions }, ['sessions']),
  outputs: { ok: 'whether none of those sessions, queries or transactions is there any more' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether ${shown(given['sessions'])} are over`,
  preview: () => [
    'SELECT FROM pg_stat_activity WHERE pid = <pid> AND backend_start = <start> (AND xact_start or query_start)',
  ],
  perform: async (given, { environment, output }) =>
    asAdministrator(environment, { readOnly: true }, async (session) => {
      const left: string[] = [];
      for (const id of names(given['sessions'], 'sessions')) if (!(await isOver(session, id))) left.push(id);
      for (const id of left) output(`still there: ${id}\n`);
      return { outputs: { ok: left.length === 0 } };
    }),
});

interface Ending {
  readonly how: 'cancel' | 'terminate';
  /** For the guard's message. */
  readonly what: string;
  /** Rejects for a session that must not be ended this way: before the first of them is ended, so that none is left half-way. */
  readonly allowed?: (session: Parameters<typeof describeSession>[0], id: string) => Promise<void>;
}

/** Evidence first, then the guard, then the end of exactly these. */
export async function endAll(
  given: JsonObject,
  { environment, attach, output, signal }: ActionContext,
  { how, what, allowed }: Ending,
): Promise<ActionResult> {
  const { postgres } = environment;
  const ids = names(given['sessions'], 'sessions');
  if (ids.length === 0)
    throw new Failure('invalid', `there is nothing to ${how}: no session was found`, {
      hint: 'Choose another way; the steps before say what was found.',
    });
  const location = await postgres.current();
  return asAdministrator(environment, { location }, async (session) => {
    const evidence: EvidenceRef[] = [];
    const doing: string[] = [];
    const [ended, gone]: [string[], string[]] = [[], []];
    for (const id of ids) if (!(await isOver(session, id))) await allowed?.(session, id);
    for (const id of ids) {
      const facts = await describeSession(session, id);
      if (facts === null) {
        gone.push(id);
        continue;
      }
      evidence.push(
        await attach(`session ${id} before its end`, `${JSON.stringify(facts, null, 2)}\n`, 'json'),
      );
      doing.push(
        `${id} of ${shown(facts['usename'])} (${shown(facts['application_name'])}), ${shown(facts['state'])}: ${shown(facts['query']).slice(0, 200)}`,
      );
      await postgres.guard(what, location);
      const outcome = await endSession(session, id, how, { signal });
      (outcome === 'ended' ? ended : gone).push(id);
      output(`${outcome === 'ended' ? 'ended' : 'was over'}: ${doing.at(-1) ?? id}\n`);
    }
    return { outputs: { ended, gone, doing }, evidence };
  });
}
