import { list, mapOf } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { durationMs, filePath, id, kebabPattern, oneOf, text, wholeNumber } from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';
import { recipient } from './recipient.js';
import { tableName } from './table-name.js';

const encryption = object(
  {
    recipients: required(
      mapOf(recipient, {
        pattern: kebabPattern,
        what: 'a label',
        hint: 'Who holds the identity, e.g. `operations` and `escrow`.',
        minEntries: 1,
      }),
      'Label: public key. At least two: operations, and an escrow that lies offline.',
    ),
  },
  { what: 'encryption' },
);

const retention = object(
  {
    keep: optional(wholeNumber(1), 'How many sets at least, whatever their age; default 3.'),
    for: optional(durationMs, 'How long in `store`; default 30d.'),
    copies: optional(durationMs, 'How long in the stores of `copies`; default 90d.'),
  },
  { what: 'retention' },
);

const verify = object(
  {
    rpo: required(durationMs, 'How old the newest canary in a restore may be.'),
    rto: optional(durationMs, 'How long a restore may take.'),
    canary: required(
      object(
        {
          table: required(tableName, 'A table that a row is written to all the time.'),
          column: required(text(63), 'Its column with the time of writing.'),
        },
        { what: 'canary' },
      ),
      'What says how much was lost.',
    ),
    smoke: optional(list(text(5000), 1), 'Queries that a restored database must answer without an error.'),
  },
  { what: 'verify' },
);

const repository = object(
  {
    stanza: required(text(100), 'Name of the stanza.'),
    config: optional(filePath, 'Configuration file of pgBackRest; default: the one that it finds itself.'),
    repo: optional(wholeNumber(1, 256), 'Number of the repository, where the stanza has several.'),
  },
  { what: 'repository' },
);

export const policy = object(
  {
    environment: optional(id, 'What is backed up; default: the only environment with this store.'),
    way: required(
      oneOf('physical', 'logical', 'pgbackrest'),
      'physical: files and WAL; logical: a dump; pgbackrest: a repository that pgBackRest keeps.',
    ),
    store: required(id, 'The store, a folder, where sets are made.'),
    copies: optional(list(id), 'Stores that every set is copied to.'),
    encryption: optional(encryption, 'Whom sets are encrypted for; default: nobody, they are signed only.'),
    interval: required(durationMs, 'How often.'),
    duration: optional(durationMs, 'How long one takes.'),
    upload: optional(durationMs, 'How long it is on its way to the store.'),
    wal: optional(
      object({ lag: required(durationMs, 'How far the stream is behind at most.') }, { what: 'wal' }),
      'Continuous WAL: the loss is then its lag, not the interval.',
    ),
    retention: optional(retention, 'What is kept.'),
    safety: optional(
      object({ for: required(durationMs, 'How long, once another copy is there.') }, { what: 'safety' }),
      'How long what a restore replaced is kept; default 7d.',
    ),
    verify: optional(verify, 'What a restored set must show.'),
    repository: optional(repository, 'The repository, for `way: pgbackrest`.'),
    alarm: optional(durationMs, 'Age of the newest backup that raises the alarm.'),
  },
  { what: 'policy' },
);
export type PolicyDocument = ShapeValue<typeof policy>;
