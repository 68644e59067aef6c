import { formatDuration } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const sentinelLossAfter = defineAction({
  name: 'sentinel.loss-after',
  with: args({ moment: { type: 'string', format: 'date-time' } }, ['moment']),
  outputs: {
    ok: 'whether it could be computed',
    commits: 'acknowledged commits after that moment, by the ledger; null without an observer',
    windowMs: 'from the moment to the last of them, in milliseconds; null without an observer',
    said: 'the same in words, with how it was come by',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compute from the observer's ledger what bringing everything back to ${shown(given['moment'])} would lose`,
  preview: () => ['count the commits in ledger.jsonl that were acknowledged after that moment'],
  perform: async (given, { environment, output }) => {
    const moment = text(given['moment']);
    const loss = (await environment.sentinel?.ledger?.acknowledgedBetween(moment)) ?? null;
    const said =
      loss === null
        ? 'not computed: this environment has no observer'
        : `${loss.commits} acknowledged commits of the observer in ${formatDuration(loss.windowMs)} (computed from its ledger)`;
    output(`${said}\n`);
    return {
      outputs: { ok: loss !== null, commits: loss?.commits ?? null, windowMs: loss?.windowMs ?? null, said },
    };
  },
});
