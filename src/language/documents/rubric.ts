import type { CategoryKey } from '../plan.js';
import { list } from '../shape/collections.js';
import { object, required } from '../shape/object.js';
import { number, oneOf, text } from '../shape/scalars.js';
import type { ShapeValue } from '../shape/shape.js';
import { header, naming, versioned } from './header.js';

export const categoryKeys = ['R', 'V', 'X', 'P', 'C', 'S', 'E'] as const satisfies readonly CategoryKey[];
export const capIds = Array.from({ length: 12 }, (_, index) => `CF-${String(index + 1).padStart(2, '0')}`);

const category = object(
  {
    key: required(oneOf(...categoryKeys), 'R, V, X, P, C, S or E.'),
    title: required(text(100), 'What it is called.'),
    weight: required(number({ min: 0, max: 100 }), 'How much it counts; all weights sum to 100.'),
  },
  { what: 'category' },
);

export const rubric = object(
  {
    ...header('Rubric'),
    ...naming,
    ...versioned,
    categories: required(list(category, 1), 'What is scored.'),
    caps: required(list(oneOf(...capIds)), 'Which caps apply: CF-01 to CF-12.'),
  },
  { what: 'rubric' },
);

export type RubricDocument = ShapeValue<typeof rubric>;
