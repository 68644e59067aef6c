import type { Assessment, RunRecord } from '../../assessment/index.js';
import { cell, facts, table, text, type Section } from '../blocks.js';
import { bandStatus, bandWords, scoreWords } from '../figures.js';

export function scoreSection({ plan }: RunRecord, { score }: Assessment): Section {
  const shared = score.categories.some((category) => category.points === null);
  return {
    id: 'score',
    title: 'Score: weights, inputs, formula, caps',
    blocks: [
      ...(plan.unattended ? [text('Unattended: scripted operator. CF-10 always applies.', 'scripted')] : []),
      facts('Score', [
        [
          'Rubric',
          `${score.rubric.title} (${score.rubric.id} ${score.rubric.version}), formulas ${score.formulaVersion}`,
        ],
        ['Formula', 'raw = Σ weight · category / 100; score = min(raw, every cap that applies)'],
        ['Raw', score.raw === null ? 'no score' : String(score.raw)],
        ['Final', cell(scoreWords(score), { status: bandStatus(score.band) })],
        ['Rating', `${score.band}: ${bandWords[score.band]} (P from 80, S from 66, M from 50, U below)`],
      ]),
      table(
        'Categories',
        ['Key', 'Category', '#Weight', '#Weight after sharing out', '#Points', 'Formula'],
        score.categories.map((one) => [
          one.key,
          one.title,
          String(one.weight),
          shared ? one.effectiveWeight.toFixed(2) : String(one.weight),
          one.printed === null
            ? cell(
                `not applicable: ${one.notApplicable?.reason ?? ''}; decided by ${one.notApplicable?.approver ?? ''}`,
              )
            : `${one.printed}${one.attestedLimit === null ? '' : ` (at most ${one.attestedLimit}: an input is only attested)`}`,
          one.formula,
        ]),
      ),
      table(
        'Caps that apply',
        ['Cap', 'Effect', 'Reason'],
        score.caps.map((cap) => [
          cap.id,
          cap.limit === null ? 'NOT RATED' : `at most ${cap.limit}`,
          cell(cap.reason, { evidence: cap.evidence }),
        ]),
      ),
      table(
        'Inputs',
        ['Category', 'Input', 'Value', '#Points', 'Provenance', 'Note'],
        score.categories.flatMap((category) =>
          category.inputs.map((input) => [
            category.key,
            input.id,
            cell(input.value, { evidence: input.evidence }),
            pointsWords(input),
            cell(
              input.provenance.replace('-', ' ') +
                (input.attestedBy === undefined ? '' : ` by the ${input.attestedBy}`),
              input.provenance === 'measured'
                ? {}
                : { status: input.provenance === 'scripted' ? 'scripted' : 'open' },
            ),
            input.note,
          ]),
        ),
      ),
      table(
        'Inputs not measured: each counted 0',
        ['Category', 'Input', 'Why'],
        score.notMeasured.map((one) => [one.category, one.id, one.why]),
      ),
      { kind: 'list', items: [...score.undecided] },
    ],
  };
}

function pointsWords(input: Assessment['score']['categories'][number]['inputs'][number]): string {
  if (input.points !== null) return String(Math.round(input.points * 10) / 10);
  return input.value.startsWith('not applicable') ? 'none' : 'in the formula';
}
