import { Failure } from '../../base/index.js';
import { hasTool, type PostgresTools } from '../../postgres/index.js';

/** The programs that a logical restore needs; rejects with `unavailable` when one is missing. */
export async function requireLoadable(tools: PostgresTools): Promise<void> {
  for (const name of ['pg_restore', 'psql', 'vacuumdb']) {
    if (await hasTool(tools, name)) continue;
    throw new Failure('unavailable', `${name} is not in ${tools.binDirectory}`, {
      hint: 'Install PostgreSQL’s client programs, on Debian `apt-get install postgresql-client`.',
      retryable: false,
    });
  }
}
