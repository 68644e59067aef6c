import { sabotagesOf, type Assessment, type RunRecord } from '../../assessment/index.js';
import { cell, table, type Block, type Cell } from '../blocks.js';

/**
 * What was broken about the recovery itself, and which step or check noticed; no table where nothing was. The loss and the checks
 * of the run, elsewhere in the report, say what it came to.
 */
export function sabotageTable(record: RunRecord, { measures }: Assessment): Block[] {
  const facts = sabotagesOf(record, measures);
  if (facts.length === 0) return [];
  return [
    table(
      'Sabotage of the recovery, and what caught it',
      ['Sabotage', 'What was done', 'Caught by', 'How'],
      facts.flatMap((fact) => {
        const head = [
          fact.id,
          fact.happened
            ? cell(fact.done, { evidence: fact.seqs })
            : cell('not done: the run did not come to it', { status: 'open', evidence: fact.seqs }),
        ];
        if (!fact.happened) return [[...head, cell('not tested', { status: 'open' }), '–']];
        if (fact.caughtBy.length === 0)
          return [[...head, cell('no step and no check', { status: 'bad' }), '–']];
        return fact.caughtBy.map((one, index): (Cell | string)[] => [
          ...(index === 0 ? head : ['', '']),
          cell(one.by, { status: 'good', evidence: [one.seq] }),
          one.how,
        ]);
      }),
    ),
  ];
}
