import type { StepFact } from '../../assessment/index.js';
import { cell, type Cell } from '../blocks.js';
import { count } from '../words.js';

/** What a step counted of the loss with the stream of the log and without it, each with where it comes from; nothing where none did. */
export function streamLossRows(steps: readonly StepFact[]): readonly (readonly [string, Cell])[] {
  const told = steps.findLast(
    (step) => step.action === 'postgres.loss-without-stream' && step.result === 'succeeded',
  );
  if (told === undefined) return [];
  const { acknowledged, lost, lostWithout, how, said } = told.outputs;
  if (how === 'not-measured')
    return [
      [
        'With the stream of the log and without it',
        cell(typeof said === 'string' ? said : 'not measured', { status: 'open', evidence: told.seqs }),
      ],
    ];
  const words = (value: unknown) =>
    typeof value === 'number' && typeof acknowledged === 'number'
      ? `${count(value)} of ${count(acknowledged)} acknowledged commits lost`
      : 'not reported';
  const source =
    how === 'measured'
      ? 'measured: ledger against a second restore of the backup, up to its own end'
      : 'computed: commits in the ledger after the copying of the backup had ended';
  const chosen = steps.findLast(
    (step) => step.action === 'postgres.usable-backup' && step.result === 'succeeded',
  );
  const promised = chosen?.outputs['promisedSaid'];
  return [
    [
      'What the stream promised',
      typeof promised === 'string'
        ? cell(`${promised} (as the server was set when the backup was taken)`, {
            evidence: chosen?.seqs ?? [],
          })
        : cell('not reported'),
    ],
    [
      'With the stream of the log',
      cell(`${words(lost)} (measured: ledger against the new primary)`, { evidence: told.seqs }),
    ],
    ['Without it, from the backup alone', cell(`${words(lostWithout)} (${source})`, { evidence: told.seqs })],
  ];
}
