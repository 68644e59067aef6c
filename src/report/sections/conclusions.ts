import type { Assessment, RunRecord } from '../../assessment/index.js';
import { cell, table, text, type Cell, type Section } from '../blocks.js';
import { count, duration, time } from '../words.js';

export function comparisonSection({ plan }: RunRecord, { measures, score }: Assessment): Section {
  const { earlier } = plan;
  const number = (value: number | null) => (value === null ? 'not measured' : count(value));
  return {
    id: 'comparison',
    title: 'Comparison with the last drill',
    blocks: earlier
      ? [
          table(
            'Figures of the last run were frozen into the plan before this one began',
            ['Figure', 'Last run', 'This run'],
            [
              ['Run', `${earlier.runId}, ended ${time(earlier.endedAt)}`, 'this one'],
              ['Recovery time', duration(earlier.rtaMs), duration(measures.recoveryTime.durationMs.value)],
              [
                'Commits lost',
                number(earlier.lostCommits),
                number(measures.loss.acknowledged === null ? null : measures.loss.missing.length),
              ],
              ['Score', number(earlier.score), score.final === null ? 'not rated' : String(score.final)],
              ['Rating', earlier.rating, score.band],
            ],
          ),
        ]
      : [text('None: the plan holds no earlier run of this runbook.')],
  };
}

export function findingsSection(_record: RunRecord, { findings }: Assessment): Section {
  return {
    id: 'findings',
    title: 'Findings',
    blocks: [
      table(
        'Found by the rules of this formula version; people may raise a class later, never lower it',
        ['Id', 'Class', 'Finding', 'Owner', 'Due', 'Retest'],
        findings.map((one) => [
          cell(one.id, { code: true }),
          cell(one.class, {
            status: one.class === 'high' ? 'bad' : one.class === 'medium' ? 'warning' : 'open',
          }),
          cell(one.text, { evidence: one.evidence }),
          'none yet',
          'none yet',
          'none yet',
        ]),
      ),
      text(
        'Owners, due dates and retests are given after sealing: they stand in addenda/ beside this report.',
      ),
    ],
  };
}

export function signOffSection({ plan }: RunRecord, { measures }: Assessment): Section {
  const after = new Set(plan.phases.filter((phase) => phase.stage === 'after').map((phase) => phase.id));
  const items = measures.steps.filter((step) => after.has(step.phase));
  const by = (step: (typeof items)[number]): Cell => {
    if (step.scripted) return cell('scripted operator', { status: 'scripted' });
    const names = step.answeredBy
      .map((actor) => (actor.kind === 'person' ? actor.name : actor.kind))
      .join(', ');
    return names === '' ? cell('nobody', { status: 'open' }) : cell(`${names} (attested)`);
  };
  return {
    id: 'sign-offs',
    title: 'Sign-offs',
    blocks: [
      table(
        'Answered before the seal',
        ['Item', 'Result', 'By'],
        items.map((step) => [
          step.title,
          cell(step.result.replaceAll('-', ' '), { evidence: step.seqs }),
          by(step),
        ]),
      ),
      text(
        'This report never says who signed the sealed record: that would be circular. Signatures lie in signatures/, later sign-offs in addenda/.',
      ),
    ],
  };
}

const strengths = {
  demonstrates: 'demonstrates',
  supports: 'supports',
  'not-covered': 'not covered',
} as const;

export function controlsSection({ plan }: RunRecord): Section {
  return {
    id: 'controls',
    title: 'Control mapping',
    blocks: [
      table(
        'What this record is evidence for, and what it does not prove',
        ['Clause', 'Strength', 'What the record shows', 'What it does not prove', 'Applies'],
        (plan.controls ?? []).map((one) => [
          `${one.strength === 'not-covered' ? 'No evidence for' : 'Evidence supporting'} ${one.standard} ${one.clause}: ${one.title}`,
          strengths[one.strength],
          one.shows,
          one.doesNotProve,
          one.applies,
        ]),
        'none: no mapping given',
      ),
      text('Evidence supports; it does not certify.'),
    ],
  };
}
