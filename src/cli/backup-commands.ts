import { Option, type Command } from 'commander';
import type { BackupOptions } from './commands/backup.js';
import type { RestoreOptions } from './backup/restore-mode.js';
import type { OperationOptions } from './backup/operation.js';
import type { CommonOptions } from './output.js';

type Common = () => CommonOptions;
interface Logged {
  readonly syslog: boolean;
}

const environmentOption = [
  '--environment <name>',
  'environment of firedrill.yaml, or a running lab',
] as const;
const policyOption = ['--policy <name>', 'policy of firedrill.yaml'] as const;
const syslogOption = [
  '--syslog',
  'write a line into the system’s log at the end (FIREDRILL_SYSLOG=1 does the same)',
  false,
] as const;
const identityOption = (): Option =>
  new Option('--identity <file...>', 'identity files of age (mode 0600) that open encrypted sets').default(
    [],
  );

const exits = `
Exit codes: 0 done, 1 a check failed, 2 wrong command line, 3 configuration, 5 refused by a guard,
6 environment (missing tool, database or store unreachable, disk full, store held), 130 interrupted, 143 terminated.`;

const withSyslog = (common: Common, { syslog }: Logged): OperationOptions => ({ ...common(), syslog });

/** The backup engine by hand and from cron. */
export function addBackups(program: Command, common: Common): void {
  addTaking(program, common);
  addLooking(program, common);
  addRestoring(program, common);
}

function addTaking(program: Command, common: Common): void {
  program
    .command('backup')
    .description('take a backup, copy it to the other stores, ship the log')
    .argument('[policy]', 'policy of firedrill.yaml (default: the only one)')
    .option(...environmentOption)
    .addOption(
      new Option('--way <way>', 'only policies of this way').choices(['physical', 'logical', 'pgbackrest']),
    )
    .option('--all', 'every policy, one after the other', false)
    .option('--local-only', 'send nothing to the copies', false)
    .option('--wal-only', 'take no set: send the copies what they lack, the log included', false)
    .option('--wait <duration>', 'how long to wait while the store is held by others (default: not at all)')
    .option(...syslogOption)
    .addHelpText('after', `${exits}\n\nExample: firedrill backup --environment lab`)
    .action(async (policy: string | undefined, own: BackupOptions & Logged) => {
      const { backup } = await import('./commands/backup.js');
      await backup(policy, own, withSyslog(common, own));
    });
  program
    .command('prune')
    .description('remove what retention allows: never the last verified set, nor what another needs')
    .option(...policyOption)
    .option(...environmentOption)
    .option('--dry-run', 'print what would go and why the rest stays, touching nothing', false)
    .option(...syslogOption)
    .addHelpText('after', `${exits}\n\nExample: firedrill prune --dry-run`)
    .action(async (own: { policy?: string; environment?: string; dryRun: boolean } & Logged) => {
      const { prune } = await import('./commands/prune.js');
      const { syslog, ...rest } = own;
      await prune(rest, withSyslog(common, { syslog }));
    });
}

function addLooking(program: Command, common: Common): void {
  program
    .command('backups')
    .description('list the backups of all stores: age, size, where, verified, locked, broken')
    .option(...environmentOption)
    .option(...policyOption)
    .option('--store <name>', 'only this store')
    .option(...syslogOption)
    .addHelpText('after', `${exits}\n\nExample: firedrill backups --format json`)
    .action(async (own: { environment?: string; policy?: string; store?: string } & Logged) => {
      const { backups } = await import('./commands/backups.js');
      await backups(own, withSyslog(common, own));
    });
  program
    .command('verify')
    .description('run the eight tests on a backup, each with its evidence')
    .argument('[set]', 'id of a set, the beginning of one, or latest', 'latest')
    .option(...environmentOption)
    .option(...policyOption)
    .option('--store <name>', 'where to read it from (default: the first store that has it)')
    .option(
      '--full',
      'restore it too: without this only its files are looked at, and the result is partial',
      false,
    )
    .option('--prove', 'show that the tests can fail: damage copies in known ways; implies --full', false)
    .addOption(identityOption())
    .option(...syslogOption)
    .addHelpText(
      'after',
      `
Without --full exit 0 means: every test of the files (1 to 3) passed. That is a partial verification, it says so, and
the set does not count as verified; only --full with exit 0 does.
${exits}

Example: firedrill verify latest --full`,
    )
    .action(async (set: string, own: VerifyArguments) => {
      const { verify } = await import('./commands/verify.js');
      await verify(set, own, withSyslog(common, own));
    });
}

type VerifyArguments = Logged & {
  environment?: string;
  policy?: string;
  store?: string;
  full: boolean;
  prove: boolean;
  identity: string[];
};

function addRestoring(program: Command, common: Common): void {
  program
    .command('restore')
    .description(
      'restore a backup: a whole cluster, a database, tables, in place or beside what is there; accept it or roll it back',
    )
    .argument('[set]', 'id of a set, the beginning of one, or latest', 'latest')
    .option(...environmentOption)
    .option(...policyOption)
    .option('--from-store <name>', 'where to read it from (default: the first store that has it)')
    .option('--into <folder>', 'a new cluster there, beside what is in service')
    .option('--in-place', 'the whole cluster in service, which is kept under another name', false)
    .option('--port <port>', 'its port (default: one that is free)')
    .option('--to <kind value...>', 'stop there: time, lsn, xid or name, with its value (default: latest)')
    .option('--database <name>', 'one database of a logical set, into the server in service')
    .option('--as <name>', 'under this new name')
    .option('--replace', 'in the place of the one in service, which is kept under another name', false)
    .option('--table <schema.name...>', 'these tables, by way of a side instance that is removed afterwards')
    .option('--into-database <name>', 'the database that they go to (default: the environment’s)')
    .addOption(
      new Option(
        '--rows <which>',
        'missing: only rows whose key is missing now (default); all: exactly those of the backup',
      ).choices(['missing', 'all']),
    )
    .option('--throw-away', 'with --rows all: what was written to them since goes, too', false)
    .option('--kept', 'list what restores replaced and is kept, since when, and when it may go', false)
    .option('--accept <kept>', 'the restore is good: remove what it replaced')
    .option('--roll-back <kept>', 'the restore is not good: put what it replaced in its place again')
    .addOption(identityOption())
    .option(
      '--force',
      'do not ask: for automation; the environment’s fingerprint must fit all the same',
      false,
    )
    .option(...syslogOption)
    .addHelpText(
      'after',
      `${exits}\n\nExamples: firedrill restore latest --into /srv/restored --to time 2027-01-17T03:00:00Z\n          firedrill restore --table public.bookings\n          firedrill restore --kept`,
    )
    .action(async (set: string, own: RestoreOptions & Logged) => {
      const { restore } = await import('./commands/restore.js');
      await restore(set, own, withSyslog(common, own));
    });
}
