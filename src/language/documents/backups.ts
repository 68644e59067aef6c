import { exactly, taggedBy } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { durationMs, filePath, id, oneOf, wholeNumber } from '../shape/scalars.js';
import type { Shape, ShapeValue } from '../shape/shape.js';

const localStore = object(
  { kind: required(exactly('local'), 'A folder.'), directory: required(filePath, 'Where.') },
  { what: 'store' },
);
export type StoreDocument = ShapeValue<typeof localStore>;
export const store: Shape<StoreDocument> = taggedBy<StoreDocument>('kind', { local: localStore });

export const policy = object(
  {
    way: required(oneOf('physical', 'logical'), 'physical: files and WAL; logical: a dump.'),
    store: required(id, 'Where it goes.'),
    interval: required(durationMs, 'How often.'),
    duration: optional(durationMs, 'How long one takes.'),
    upload: optional(durationMs, 'How long it is on its way to the store.'),
    wal: optional(
      object({ lag: required(durationMs, 'How far the stream is behind at most.') }, { what: 'wal' }),
      'Continuous WAL: the loss is then its lag, not the interval.',
    ),
    retention: optional(
      object(
        {
          keep: optional(wholeNumber(1), 'How many sets at least.'),
          for: optional(durationMs, 'How long.'),
        },
        { what: 'retention' },
      ),
      'What is kept.',
    ),
    alarm: optional(durationMs, 'Age of the newest backup that raises the alarm.'),
  },
  { what: 'policy' },
);
export type PolicyDocument = ShapeValue<typeof policy>;
