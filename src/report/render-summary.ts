import { cleanLine } from './clean.js';
import { bandStatus, bandWords, lossWords, scoreWords, verdictStatus } from './figures.js';
import { statusMark, type Status } from './blocks.js';
import type { Report } from './report.js';
import { duration } from './words.js';

const colours: { readonly [status in Status]: string } = {
  good: '32',
  bad: '31',
  warning: '33',
  open: '90',
  scripted: '35',
};

/** What stays on the normal screen after a run: outcome, recovery time, data loss, score and caps, where the report is. */
export function renderSummary(
  report: Report,
  options: { readonly colour: boolean; readonly folder?: string },
): string[] {
  const { outcome, measures, score, inputs } = report.assessment;
  const paint = (status: Status, said: string) => {
    const line = `${statusMark[status]} ${cleanLine(said)}`;
    return options.colour ? `\u001b[${colours[status]}m${line}\u001b[0m` : line;
  };
  const met = (id: string): Status => {
    const one = score.objectives.find((objective) => objective.id === id);
    return one?.met === true ? 'good' : one?.met === false ? 'bad' : 'open';
  };
  const { durationMs } = measures.recoveryTime;
  const recovery =
    durationMs.value === null
      ? `not measured: ${durationMs.note}`
      : `${duration(durationMs.value)} of ${duration(inputs.rtoMs)} (RTO)`;
  const rows: (readonly [string, string])[] = [
    ['Run', `${report.runId}  ${report.mode === 'drill' ? 'DRILL' : 'LIVE'}`],
    ...(report.unattended ? [['Operator', paint('scripted', 'Unattended: scripted operator')] as const] : []),
    ['Outcome', paint(verdictStatus(outcome.verdict), `${outcome.status}, objectives ${outcome.verdict}`)],
    ...reasons(outcome).map((reason, at) => [at === 0 ? 'Because' : '', cleanLine(reason)] as const),
    ['Recovery time', paint(met('recovery-time'), recovery)],
    ['Data loss', paint(lossStatus(report, met('data-loss')), lossWords(report.assessment))],
    ['Score', paint(bandStatus(score.band), scoreWords(score))],
    ['Rating', bandWords[score.band]],
    ['Head', report.shortCode],
    ...(options.folder === undefined
      ? []
      : [['Report', `${cleanLine(options.folder)}/report.html`] as const]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${value}`);
}

/** A loss that nothing but the moment of the disaster kept small is no good one. */
function lossStatus({ assessment }: Report, met: Status): Status {
  const unbounded = assessment.findings.some((finding) => finding.id === 'log-not-received');
  return met === 'good' && unbounded ? 'warning' : met;
}

/** Why the run ended as it did, each reason on a line of its own; a run that met everything needs one. */
function reasons(outcome: Report['assessment']['outcome']): string[] {
  const own =
    outcome.verdict === 'met' && outcome.status === 'completed' ? outcome.verdictBecause : outcome.because;
  return own.split('; ');
}
