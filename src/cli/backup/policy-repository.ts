import { existsSync } from 'node:fs';
import { findPgbackrest, openRepository, type Repository } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { PostgresTools } from '../../postgres/index.js';
import type { BackupScope } from './scope.js';

/** Where pgBackRest itself looks for its configuration. */
const usual = ['/etc/pgbackrest/pgbackrest.conf', '/etc/pgbackrest.conf'];

/** The repository that a policy names. Rejects with `unavailable` without pgBackRest, its configuration or its stanza. */
export async function openPolicyRepository(
  { repository, location, policy }: BackupScope,
  tools: PostgresTools,
): Promise<Repository> {
  if (repository === null) {
    throw new Failure('invalid', `policy ${policy} names no repository of pgBackRest`, {
      hint: `Add \`repository: {stanza: …}\` under \`policies.${policy}\` in firedrill.yaml.`,
    });
  }
  const { stanza, repo } = repository;
  const configFile = repository.config ?? usual.find((file) => existsSync(file));
  if (configFile === undefined) {
    throw new Failure('unavailable', `there is no configuration of pgBackRest in ${usual.join(' or ')}`, {
      hint: `Name it: \`repository: {stanza: ${stanza}, config: …}\` under \`policies.${policy}\` in firedrill.yaml.`,
      retryable: false,
    });
  }
  const pgbackrest = await findPgbackrest();
  return openRepository({
    ...{ tools, pgbackrest, stanza, configFile, account: location.account },
    ...(repo === undefined ? {} : { repo }),
  });
}
