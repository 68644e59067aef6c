import { checksumFailures } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresChecksumFailures = defineAction({
  name: 'postgres.checksum-failures',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    failures: 'checksum failures counted since the last reset; null where the cluster has no checksums',
    enabled: 'whether the cluster has page checksums at all',
    lastFailure: 'time of the last one',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Count the checksum failures PostgreSQL has met in ${shown(given['database'])}`,
  preview: () => ['SELECT sum(checksum_failures), max(checksum_last_failure) FROM pg_stat_database'],
  perform: async (given, { environment }) => {
    const session = await environment.postgres.connect({ readOnly: true });
    try {
      const found = await checksumFailures(session, text(given['database']));
      return {
        outputs: { failures: found.failures, enabled: found.enabled, lastFailure: found.lastFailure },
      };
    } finally {
      await session.end();
    }
  },
});
