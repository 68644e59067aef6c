import { textLike } from '../shape/scalars.js';

export const tableName = textLike(
  /^[^\s"';]+(\.[^\s"';]+)?$/,
  'bad-table-name',
  'the name of a table',
  'Write `table` or `schema.table`.',
);
