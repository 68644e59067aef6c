import type { Score } from '../../assessment/index.js';
import { rescore } from '../../evidence/index.js';
import { Exit } from '../exit.js';
import { findRecord } from '../find-run.js';
import { print, printJson, type CommonOptions } from '../output.js';

/** `firedrill score <run>`: the score once more from the record, and whether the sealed one is the same. */
export async function score(
  run: string,
  own: { readonly explain: boolean },
  options: CommonOptions,
): Promise<void> {
  const result = await rescore(findRecord(options.directory, run));
  if (options.format === 'json') printJson('score', result);
  else for (const line of scoreLines(result.score, own.explain)) print(line);
  if (options.format === 'human')
    print(
      result.sameAsSealed
        ? 'same as the sealed score, byte for byte'
        : 'DIFFERENT from the sealed score, or none is sealed',
    );
  if (!result.sameAsSealed)
    throw new Exit(
      'missed',
      'the recomputed score is not the sealed one',
      'Type `firedrill audit <folder>` to see what differs.',
    );
}

function scoreLines(score: Score, explain: boolean): string[] {
  const lines = score.categories.flatMap((category) => [
    `${category.key}  ${category.title.padEnd(40)} ${String(category.printed ?? 'n/a').padStart(6)}  weight ${category.weight}`,
    ...(explain ? category.inputs.map((input) => `     ${inputLine(input)}`) : []),
  ]);
  const caps = score.caps.map(
    (cap) => `cap ${cap.id}: ${cap.limit === null ? 'NOT RATED' : `at most ${cap.limit}`} — ${cap.reason}`,
  );
  const notMeasured = score.notMeasured.map(
    (one) => `not measured, counted 0: ${one.category} ${one.id}: ${one.why}`,
  );
  const final = score.final === null ? score.band : `${score.final} ${score.band}`;
  return [
    ...lines,
    `raw score (Σ weight × category / 100): ${score.raw ?? 'none'}`,
    ...caps,
    ...notMeasured,
    `score: ${final}`,
  ];
}

function inputLine(input: Score['categories'][number]['inputs'][number]): string {
  const evidence = input.evidence.length === 0 ? 'no evidence' : `entries ${input.evidence.join(', ')}`;
  return `${input.id}: ${input.note} [${input.provenance}; ${evidence}]`;
}
