import { lookAtServer, type ServerState } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';

export const postgresServerState = defineAction({
  name: 'postgres.server-state',
  with: args(),
  outputs: {
    ok: 'whether the server lets us in and answers from its files',
    dataDirectory: 'present, absent, or not-known where it is not on this machine',
    said: 'both in one sentence',
    lookedAt: 'when that was seen (UTC): what was acknowledged before was acknowledged by this server',
    suggestion: 'old-server where its files are there, else rebuild',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the server that clients are sent to answers, and whether its files are there',
  preview: () => ['SELECT … FROM pg_control_system() (a new connection)', 'ls -d <data directory>'],
  perform: async (_given, { environment, output }) => {
    const location = await environment.postgres.current();
    const state = await lookAtServer(location);
    // After the answer: nothing can have been acknowledged between the two by a server that is gone.
    const lookedAt = new Date().toISOString();
    const said = spell(state, `${location.host}:${location.port}`);
    output(`${said}\n`);
    if (state.silence !== null) output(`${state.silence}\n`);
    return {
      outputs: {
        ok: state.answers,
        dataDirectory: state.dataDirectory,
        said,
        lookedAt,
        suggestion: state.dataDirectory === 'present' ? 'old-server' : 'rebuild',
      },
    };
  },
});

function spell({ answers, dataDirectory, postmasterPid }: ServerState, at: string): string {
  const files = {
    present: 'its data directory is there',
    absent: 'its data directory is gone',
    'not-known': 'whether its data directory is there is not known from here',
  }[dataDirectory];
  const server = answers || postmasterPid === null ? '' : `, its process ${postmasterPid} lives`;
  return `${answers ? 'the server answers' : 'no answer'} at ${at}, ${files}${server}`;
}
