import { list } from '../shape/collections.js';
import { object, required, withDefault } from '../shape/object.js';
import { id, oneOf, text, truth } from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';
import { header, naming } from './header.js';

export const audiences = ['internal', 'customers', 'management', 'regulator'] as const;

const template = object(
  {
    id: required(id, 'Stable name, unique among all templates of a run.'),
    audience: required(oneOf(...audiences), 'Who reads it.'),
    subject: required(text(200), 'May hold `${…}`.'),
    body: required(text(), 'May hold `${…}`.'),
    required: withDefault(truth, true, 'Whether leaving it out counts against the score.'),
  },
  { what: 'message' },
);

export const messages = object(
  { ...header('Messages'), ...naming, messages: required(list(template, 1), 'The templates.') },
  { what: 'messages' },
);

export type MessagesDocument = ShapeValue<typeof messages>;
export type TemplateDocument = ShapeValue<typeof template>;
