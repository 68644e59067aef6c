import { Failure } from '../../base/index.js';
import { reindex } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresReindex = defineAction({
  name: 'postgres.reindex',
  with: args(
    {
      database: { type: 'string' },
      indexes: { type: 'array', items: { type: 'string' }, description: 'as schema.name' },
      concurrently: {
        type: 'boolean',
        default: false,
        description: 'whether clients go on meanwhile; it takes longer',
      },
    },
    ['database', 'indexes'],
  ),
  outputs: { rebuilt: 'indexes that were rebuilt', tookMs: 'how long it took, in milliseconds' },
  effect: 'idempotent',
  destroys: false,
  describe: (given) => `Rebuild the indexes ${shown(given['indexes'])} from their tables`,
  preview: (given) => [`REINDEX INDEX ${given['concurrently'] === true ? 'CONCURRENTLY ' : ''}<index>`],
  perform: async (given, { environment, signal, output }) => {
    const location = await environment.postgres.current();
    await environment.postgres.guard('rebuild indexes', location);
    const connect = () => environment.postgres.connect({ database: text(given['database']), location });
    const session = await connect();
    try {
      const wanted = (given['indexes'] as readonly string[]).map(splitName);
      const done = await reindex(session, wanted, {
        concurrently: given['concurrently'] === true,
        stop: { signal, connect },
      });
      output(
        wanted.length === 0 ? 'there was no index to rebuild\n' : `rebuilt ${done.rebuilt.join(', ')}\n`,
      );
      return { outputs: { rebuilt: done.rebuilt, tookMs: Math.round(done.durationMs) } };
    } finally {
      await session.end();
    }
  },
});

function splitName(label: string): { schema: string; name: string } {
  const dot = label.indexOf('.');
  if (dot < 1) throw new Failure('invalid', `"${label}" does not name an index as schema.name`);
  return { schema: label.slice(0, dot), name: label.slice(dot + 1) };
}
