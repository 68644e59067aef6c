import { list } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import { durationMs, id, text } from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';
import { checkCall } from './call.js';
import { header, naming } from './header.js';

const item = object(
  {
    id: required(id, 'Stable name, not used by any step of the runbook.'),
    title: required(text(200), 'What is done, in a few words.'),
    text: optional(text(), 'The task in full; default: the title.'),
    why: optional(text(), 'Why it is done.'),
    role: optional(id, 'The role whose task it is.'),
    check: optional(checkCall, 'What proves that it is done.'),
    timeout: optional(durationMs, 'How long it may take.'),
    evidence: optional(list(text(500)), 'What to attach.'),
  },
  { what: 'item' },
);

export const checklist = object(
  { ...header('Checklist'), ...naming, items: required(list(item, 1), 'The tasks, in order.') },
  { what: 'checklist' },
);

export type ChecklistDocument = ShapeValue<typeof checklist>;
