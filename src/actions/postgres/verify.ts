import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findBackup, recordVerification, verifySet } from '../../backup/index.js';
import { parseDuration } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresVerify = defineAction({
  name: 'postgres.verify',
  with: args(
    {
      backup: { type: 'string', description: 'id of a backup set' },
      rpo: {
        type: 'string',
        pattern: '^([0-9]+(ms|s|m|h|d))+$',
        description: 'how old the newest canary row may be after the restore, such as 15m; 1h when not given',
      },
    },
    ['backup'],
  ),
  outputs: {
    ok: 'whether every required test passed',
    passed: 'number of tests that passed',
    failed: 'titles of tests that failed',
    notRun: 'titles of tests that were not run; none of them counts as passed',
    restoreMs: 'how long the isolated restore took, in milliseconds',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `Verify backup ${shown(given['backup'])} by restoring it into an isolated cluster and comparing`,
  preview: () => [
    'tar … | postgres -D <isolated data directory> (archive off, own port)',
    'pg_amcheck --all --heapallindexed --parent-check',
    'pg_checksums --check -D <isolated data directory>',
  ],
  perform: async (given, { environment, signal, output }) => {
    const set = await findBackup(environment.store, environment.trusted, text(given['backup']));
    const place = await environment.postgres.scratch();
    // The verification removes the passfile of what it restored: never one that other clusters share.
    const scratch =
      place.passfile === null
        ? place
        : { ...place, passfile: join(dirname(place.dataDirectory), 'scratch.pass') };
    const rpoMs = parseDuration(text(given['rpo'] ?? '1h')) ?? 0;
    try {
      const verification = await verifySet({
        tools: environment.tools,
        store: environment.store,
        set,
        trusted: environment.trusted,
        walDirectory: environment.wal.directory,
        scratch,
        stagingDirectory: join(dirname(place.dataDirectory), 'staging'),
        full: true,
        passwordFrom: await environment.postgres.current(),
        // Nobody but the sentinel writes canaries: without one the age of the data cannot be told, and test 8 is not run.
        ...(environment.sentinel === null
          ? {}
          : { freshness: { table: 'firedrill.canary', timeColumn: 'written_at', rpoMs } }),
        signal,
        output,
      });
      await recordVerification(environment.store, set, verification, environment.signer);
      const titles = (verdict: string) =>
        verification.tests.filter((one) => one.verdict === verdict).map((one) => `${one.n} ${one.title}`);
      return {
        outputs: {
          ok: verification.passed,
          passed: titles('pass').length,
          failed: titles('fail'),
          notRun: titles('not-run'),
          restoreMs: verification.restoreMs,
        },
      };
    } finally {
      await rm(scratch.socketDirectory, { recursive: true, force: true });
    }
  },
});
