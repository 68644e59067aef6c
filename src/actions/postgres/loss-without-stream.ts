import {
  findBackup,
  inFolder,
  requireKind,
  withSetAlone,
  type PhysicalManifest,
  type StagedSet,
} from '../../backup/index.js';
import { dirname, join } from 'node:path';
import type { ActionContext, ActionResult } from '../action.js';
import { args, defineAction, shown, text } from '../define.js';
import type { LedgerPort } from '../environment.js';

export const postgresLossWithoutStream = defineAction({
  name: 'postgres.loss-without-stream',
  with: args(
    {
      backup: { type: 'string', description: 'id of the set that the recovery came back from' },
      upTo: {
        type: 'string',
        format: 'date-time',
        description: 'when the old server was seen to be dead: only commits acknowledged before are counted',
      },
      by: {
        type: 'string',
        enum: ['restore', 'ledger'],
        description:
          'restore: a second, isolated restore of the set up to its own end is counted (measured); ledger: commits acknowledged after the copying of the set had ended (computed); restore when not given',
      },
    },
    ['backup', 'upTo'],
  ),
  outputs: {
    acknowledged: 'commits that the outside observer saw acknowledged up to then; null where nobody saw any',
    lost: 'how many of them the cluster that clients reach does not have: the loss with the stream, measured',
    lostWithout: 'how many of them the backup alone would not have brought back',
    how: 'where the second figure comes from: measured, computed, or not-measured',
    withoutMs: 'from the end of the backup to the last acknowledged commit, in milliseconds',
    said: 'both figures and where they come from, in words',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Count the acknowledged commits that are lost, and how many would be lost with backup ${shown(given['backup'])} alone, without the stream of the log`,
  preview: (given) => [
    'SELECT id FROM firedrill.canary (on the cluster that clients reach), compared with the ledger',
    given['by'] === 'ledger'
      ? 'commits in the ledger after the end of <set>'
      : 'the same on an isolated restore of <set> up to its own end, which is removed again',
  ],
  perform: async (given, context) => {
    const { environment, output } = context;
    const listed = await findBackup(environment.store, environment.trusted, text(given['backup']));
    const set = inFolder(environment.store, requireKind(listed, 'physical'));
    const upTo = text(given['upTo']);
    const ledger = environment.sentinel?.ledger;
    if (ledger === undefined) return notMeasured('there is no outside observer', output);
    const session = await environment.postgres.connect({ readOnly: true });
    const found = await ledger.compare(session, upTo).finally(() => session.end());
    const ended = copyEnded(set.manifest);
    if (found.lastAt === null)
      return notMeasured(`the outside observer saw no commit acknowledged up to ${upTo}`, output);
    const how = given['by'] === 'ledger' ? 'computed' : 'measured';
    const lostWithout =
      how === 'computed'
        ? (await ledger.acknowledgedBetween(ended, upTo)).commits
        : await countWithout(context, ledger, set, upTo);
    const withoutMs = Math.max(0, Date.parse(found.lastAt) - Date.parse(ended));
    const of = `of ${found.acknowledged} acknowledged commits lost`;
    const source =
      how === 'computed'
        ? 'computed: commits in the ledger after the copying of that backup had ended'
        : 'measured: ledger against a second restore of that backup, up to its own end';
    const said = [
      `With the stream of the log: ${found.missing} ${of} (measured: ledger against the new primary).`,
      `Without it, from backup ${set.id} alone: ${lostWithout} ${of}, all since ${ended} (${source}).`,
    ].join(' ');
    output(`${said}\n`);
    const { acknowledged, missing: lost } = found;
    return { outputs: { acknowledged, lost, lostWithout, how, withoutMs, said } };
  },
});

/** As after a loss that nobody watched: no figure, and the words for it. */
function notMeasured(why: string, output: ActionContext['output']): ActionResult {
  const said = `What was lost is not measured, with the stream of the log or without it: ${why}.`;
  output(`${said}\n`);
  const none = { acknowledged: null, lost: null, lostWithout: null, withoutMs: null };
  return { outputs: { ...none, how: 'not-measured', said } };
}

/** Nothing later is in the files of the set. What it took after that, to describe its content, brings nothing back. */
function copyEnded({ times }: PhysicalManifest): string {
  return new Date(Date.parse(times.serverStarted) + times.copyMs).toISOString();
}

async function countWithout(
  { environment, signal, output }: ActionContext,
  ledger: LedgerPort,
  set: StagedSet<PhysicalManifest>,
  upTo: string,
): Promise<number> {
  const { tools, postgres, wal } = environment;
  const place = await postgres.scratch();
  // What is removed with it must be its own: never a passfile that other clusters share.
  const scratch =
    place.passfile === null
      ? place
      : { ...place, passfile: join(dirname(place.dataDirectory), 'scratch.pass') };
  const { value, restoreMs } = await withSetAlone(
    {
      ...{ tools, set, scratch, signal, output },
      walDirectory: wal.directory,
      passwordFrom: await postgres.current(),
    },
    (session) => ledger.compare(session, upTo),
  );
  output(`restored alone in ${restoreMs} ms, and removed again\n`);
  return value.missing;
}
