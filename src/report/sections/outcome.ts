import { protectionGapOf, protectionOf, type Assessment, type RunRecord } from '../../assessment/index.js';
import { cell, facts, table, text, type Section, type Status } from '../blocks.js';
import { bandStatus, bandWords, lossWords, recoveryWords, scoreWords, verdictStatus } from '../figures.js';
import { duration, durationCell } from '../words.js';

function metStatus(met: boolean | null | undefined): Status {
  return met === true ? 'good' : met === false ? 'bad' : 'open';
}

export function outcomeSection(record: RunRecord, assessment: Assessment): Section {
  const { outcome, measures, score, findings } = assessment;
  const objective = (id: string) => score.objectives.find((one) => one.id === id);
  const [recovery, loss] = [objective('recovery-time'), objective('data-loss')];
  const walkThrough = score.caps.some((cap) => cap.id === 'CF-03');
  return {
    id: 'outcome',
    title: 'Outcome',
    blocks: [
      ...(record.plan.unattended ? [text('Unattended: scripted operator.', 'scripted')] : []),
      facts('Outcome on one page', [
        ['Run', cell(`${outcome.status}: ${outcome.because}`, { evidence: outcome.evidence })],
        [
          'Objectives',
          cell(`${outcome.verdict}: ${outcome.verdictBecause}`, { status: verdictStatus(outcome.verdict) }),
        ],
        [
          'Recovery time (RTA)',
          walkThrough
            ? 'no recovery figures: nothing was disrupted'
            : cell(recoveryWords(record, assessment), {
                status: metStatus(recovery?.met),
                evidence: measures.recoveryTime.durationMs.evidence,
              }),
        ],
        ['Technical restore time, within it', durationCell(measures.technicalRestoreMs)],
        [
          'Data loss (RPA)',
          cell(`${lossWords(assessment)}; RPO ${duration(record.plan.objectives.rpoMs)}`, {
            // Within the RPO by the moment alone.
            status: loss?.met === true && unprotected(record) ? 'warning' : metStatus(loss?.met),
            evidence: measures.loss.windowMs.evidence,
          }),
        ],
        ['Score', cell(scoreWords(score), { status: bandStatus(score.band) })],
        ['Rating', `${score.band}: ${bandWords[score.band]}`],
      ]),
      table(
        'Rating of each objective, by the machine; an observer may lower one later, in the addenda',
        ['Objective', 'Rating', '#Points'],
        score.objectives.map((one) => [
          one.id === 'recovery-time' ? 'Recovery time' : 'Data loss',
          cell(`${one.band}: ${bandWords[one.band]}`, { status: bandStatus(one.band) }),
          one.actualMs === null ? 'not measured, 0' : String(one.points),
        ]),
        'no recovery figures',
      ),
      table(
        'Top findings',
        ['Class', 'Finding'],
        findings.slice(0, 5).map((one) => [
          cell(one.class, {
            status: one.class === 'high' ? 'bad' : one.class === 'medium' ? 'warning' : 'open',
          }),
          cell(one.text, { evidence: one.evidence }),
        ]),
      ),
      text(`Decision asked for: ${decision(assessment)}`),
    ],
  };
}

function unprotected(record: RunRecord): boolean {
  return protectionGapOf(protectionOf(record)) !== null;
}

function decision({ outcome, findings, score }: Assessment): string {
  const high = findings.filter((finding) => finding.class === 'high').length;
  if (outcome.status === 'interrupted') return 'resume the run, or accept that it has no result.';
  if (score.final === null) return 'accept that this run has no rating, and set a date for another.';
  if (high > 0)
    return `give ${high === 1 ? 'the high finding' : `each of the ${high} high findings`} an owner, a due date and a retest.`;
  if (outcome.verdict !== 'met')
    return 'decide what must change before the objectives can be met, and set a date for a retest.';
  return 'accept the result, and give the remaining findings an owner and a due date.';
}
