import { list, mapOf, taggedBy } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { filePath, kebabPattern, text } from '../shape/scalars.js';
import type { Shape, ShapeValue } from '../shape/shape.js';
import { argv } from './commands.js';
import {
  declaredEnvironment,
  labEnvironment,
  type DeclaredEnvironment,
  type LabEnvironment,
} from './environments.js';
import { header } from './header.js';
import { audiences } from './messages.js';
import { exactly } from '../shape/collections.js';
import { person } from './person.js';
import { policy, type PolicyDocument } from './backups.js';
import { refusingSecrets } from './secrets.js';
import { store, type StoreDocument } from './stores.js';

const idKeys = {
  pattern: kebabPattern,
  what: 'an id',
  hint: 'Names are lower-case words joined by hyphens.',
};

const outbox = object(
  {
    kind: required(exactly('outbox'), 'A folder.'),
    directory: optional(filePath, 'Where; default: in the record of the run.'),
  },
  { what: 'channel' },
);
const webhook = object(
  {
    kind: required(exactly('webhook'), 'An HTTP address.'),
    url: optional(text(500), 'The address, when everybody may know it.'),
    urlFile: optional(filePath, 'A file (mode 0600) that holds the address.'),
  },
  { what: 'channel' },
);
const command = object(
  {
    kind: required(exactly('command'), 'A program.'),
    argv: required(argv, 'The message comes as JSON on its standard input.'),
  },
  { what: 'channel' },
);
export type ChannelDocument =
  ShapeValue<typeof outbox> | ShapeValue<typeof webhook> | ShapeValue<typeof command>;
const channel: Shape<ChannelDocument> = taggedBy<ChannelDocument>('kind', { outbox, webhook, command });

export type EnvironmentDocument = LabEnvironment | DeclaredEnvironment;
const environment: Shape<EnvironmentDocument> = taggedBy<EnvironmentDocument>('kind', {
  lab: labEnvironment,
  declared: declaredEnvironment,
});

const audienceKeys = {
  pattern: new RegExp(`^(${audiences.join('|')})$`),
  what: 'an audience',
  hint: `Audiences: ${audiences.join(', ')}.`,
};

export const configuration = refusingSecrets(
  object(
    {
      ...header('Configuration'),
      programme: required(
        object({ name: required(text(200), 'Its name.') }, { what: 'programme' }),
        'Whose programme it is.',
      ),
      environments: optional(mapOf<EnvironmentDocument>(environment, idKeys), 'Where runs take place.'),
      stores: optional(mapOf<StoreDocument>(store, idKeys), 'Where backups lie.'),
      policies: optional(mapOf<PolicyDocument>(policy, idKeys), 'What is backed up, when, for how long.'),
      people: optional(mapOf(person, idKeys), 'Role: who has it, unless a drill says otherwise.'),
      channels: optional(mapOf<ChannelDocument>(channel, audienceKeys), 'Audience: how messages reach it.'),
      actions: optional(list(filePath), 'Modules with actions of your own, relative to this file.'),
    },
    { what: 'configuration' },
  ),
);

export type ConfigurationDocument = ShapeValue<typeof configuration>;
