import { object, optional, required } from '../shape/object.js';
import { text } from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';

export const person = object(
  {
    name: required(text(200), 'Their name.'),
    contact: optional(text(200), 'How to reach them at 3 a.m.'),
  },
  { what: 'person' },
);

export type PersonDocument = ShapeValue<typeof person>;
