import { mapOf } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { filePath, id } from '../shape/scalars.js';
import { argv } from './commands.js';

const rotatedRole = object(
  {
    passfile: required(
      filePath,
      'The libpq password file (mode 0600) of whoever logs in as it, on this machine: firedrill puts the new password there, in every line of the role.',
    ),
    bring: optional(
      argv,
      'Brings the new password to whoever uses it, e.g. `[deploy-db-login, rides]`: the file is $FIREDRILL_PASSFILE, the role $FIREDRILL_ROLE; the password itself is in no argument and no variable. Has 5 minutes. Default: the file is read at every connection.',
    ),
  },
  { what: 'role' },
);

/** New passwords for the roles of the database. */
export const rotation = object(
  {
    roles: required(
      mapOf(rotatedRole, {
        pattern: /^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/,
        what: 'the name of a role',
        minEntries: 1,
      }),
      'Role of the database: where its password lies, and how it gets to its client. That of `database.user` is changed last.',
    ),
  },
  { what: 'rotation' },
);

/** The copy of its backups that nobody can remove, and the keys around it. */
export const immutable = object(
  {
    store: required(
      id,
      'An S3 store whose versions are locked, with the credentials of its owner, not of the host.',
    ),
    escrow: optional(filePath, 'Where the identity from escrow lies once it was brought to this machine.'),
    writer: optional(
      object(
        {
          store: required(
            id,
            'The same place with the keys of the database’s host, in `credentials.file`: firedrill tries them, and what they may do.',
          ),
          revoke: optional(
            argv,
            'Takes these keys away at the store, e.g. `[vault-keys, revoke, db-a]`. Has 2 minutes.',
          ),
          renew: optional(
            argv,
            'Makes new ones and puts them into that file; prints, as its last line, where copies go from now on. Has 5 minutes.',
          ),
        },
        { what: 'writer' },
      ),
      'The keys with which the database’s host puts copies there.',
    ),
    ship: optional(
      object(
        {
          start: required(
            argv,
            'Brings the complete log there and starts what goes on doing so; prints, as its last line, how far it reaches. Has 10 minutes.',
          ),
          isRunning: required(argv, 'Exit code 0 when it is at work, 1 or 3 when it is not.'),
        },
        { what: 'ship' },
      ),
      'What brings the write-ahead log there.',
    ),
  },
  { what: 'immutable' },
);
