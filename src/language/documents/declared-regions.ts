import { object, optional, required } from '../shape/object.js';
import { filePath, id, text } from '../shape/scalars.js';
import { argv, host, port } from './commands.js';

const yesOrNo = 'anything else says neither';

/** The other region's copy of the database: followed, promoted, sent clients to. */
export const standby = object(
  {
    host: required(host, 'Host name.'),
    port: required(port, 'Port.'),
    user: optional(text(63), 'Account of the database; default: that of `database`.'),
    passfile: optional(filePath, 'A libpq password file; default: that of `database`.'),
    dataDirectory: optional(
      filePath,
      'What `SHOW data_directory` says there; compared before it is promoted. On this machine the real path, without links.',
    ),
    store: optional(
      id,
      'The store of its region: where backups are made and looked for once the other region is fenced. Default: `store`.',
    ),
    rebuild: optional(
      argv,
      'Makes the former primary a standby of the new one, e.g. `[ssh, db-a, sudo, rebuild-standby]`: the primary to follow comes as the last two arguments, `<host> <port>`, the slot to use as $FIREDRILL_SLOT. Has 2 hours. Default: pg_rewind, for a data directory on this machine.',
    ),
  },
  { what: 'standby' },
);

/** What keeps clients and the other region from a region that was given up, without reaching it. */
export const fence = object(
  {
    close: optional(
      argv,
      'Shuts the region of `database` off by means that act without reaching it, e.g. `[fence-region, a, close]` at the provider. $FIREDRILL_WHY says why. Has 2 minutes. Default: people do it.',
    ),
    isClosed: required(
      argv,
      `Asks whoever keeps the fence, not the region: exit code 0 when it is shut, 1 or 3 when it is not; ${yesOrNo}. firedrill also knocks at the old address itself.`,
    ),
    open: optional(argv, 'Lets clients back, while the standby is still one. Has 2 minutes.'),
    behind: optional(
      object({ host: required(host, 'Host name.'), port: required(port, 'Port.') }, { what: 'behind' }),
      'Where operations reach the database of that region behind the fence: without it nobody sees whether it is awake.',
    ),
    wake: optional(
      argv,
      'Brings its server back behind the fence; the last argument is `continue`, then `restart`. Has 5 minutes. Default: people do it.',
    ),
  },
  { what: 'fence' },
);

/** Tells a lost region from a broken line. */
export const thirdPlace = argv;
export const thirdPlaceSays = `Asks a place in neither region, over a way of its own, whether the database of \`database\` answers it, e.g. \`[ssh, witness, can-reach, db-a, "5432"]\`: exit code 0 when it does, 1 or 3 when it does not; ${yesOrNo}. Has 15 seconds.`;
