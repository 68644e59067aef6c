import { readLog, serverLogFile } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';

export const postgresKeepLog = defineAction({
  name: 'postgres.keep-log',
  with: args(),
  outputs: { ok: 'whether there was a log to keep', lines: 'number of lines kept' },
  effect: 'read',
  destroys: false,
  describe: () => 'Keep the end of the server’s log (at most 4 MB) as evidence',
  preview: () => ['cp <server log> <record>/evidence/'],
  perform: async (_given, { environment, attach }) => {
    const location = await environment.postgres.current();
    const file = environment.postgres.logFile?.(location) ?? serverLogFile(location);
    const lines = await readLog(file, 0);
    if (lines.length === 0) return { outputs: { ok: false, lines: 0 } };
    const evidence = await attach(`server log ${file}`, `${lines.join('\n')}\n`, 'log');
    return { outputs: { ok: true, lines: lines.length }, evidence: [evidence] };
  },
});
