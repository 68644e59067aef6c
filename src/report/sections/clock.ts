import {
  protectionOf,
  type Assessment,
  type ProtectionFact,
  type RunRecord,
} from '../../assessment/index.js';
import { cell, facts, table, text, type Cell, type Section } from '../blocks.js';
import { lossWords } from '../figures.js';
import { count, duration, durationCell, time } from '../words.js';
import { streamLossRows } from './stream-loss.js';

export function clockSection(record: RunRecord, assessment: Assessment): Section {
  const { plan } = record;
  const { measures } = assessment;
  const { loss, structuralLoss, clock } = measures;
  return {
    id: 'clock',
    title: 'The five clock points, and which interval is what',
    blocks: [
      table(
        'Points',
        ['Point', 'Time', 'Provenance', 'By', 'Because'],
        measures.points.map((point) => [
          point.point,
          cell(time(point.time.value), { evidence: point.time.evidence }),
          cell(point.time.provenance.replace('-', ' '), {
            status:
              point.time.provenance === 'measured'
                ? 'good'
                : point.time.provenance === 'scripted'
                  ? 'scripted'
                  : point.time.provenance === 'attested'
                    ? 'warning'
                    : 'open',
          }),
          point.by ?? 'nobody',
          point.because,
        ]),
      ),
      table(
        'Intervals',
        ['Interval', 'From', 'To', '#Duration', 'Clock'],
        measures.spans.map((span) => [
          span.title,
          span.from,
          span.to,
          durationCell(span.durationMs),
          span.durationMs.value === null ? 'not measured' : span.durationMs.note,
        ]),
      ),
      facts('Beside the recovery time', [
        ['Technical restore time (never called RTO)', durationCell(measures.technicalRestoreMs)],
        [
          'Clock of the machine',
          cell(
            clock.synchronised === null
              ? 'not known whether in step'
              : clock.synchronised
                ? `in step (${clock.source})`
                : `not in step (${clock.source})`,
            { status: clock.synchronised === true ? 'good' : 'warning', evidence: clock.evidence },
          ),
        ],
      ]),
      table(
        'Outage as the sentinel saw it',
        ['Probe', 'Failing since', 'Until', '#Duration', 'Detail', 'Ledger lines'],
        measures.outages.map((outage) => [
          outage.what,
          time(outage.from),
          outage.until === null ? cell('still failing at the end', { status: 'bad' }) : time(outage.until),
          duration(outage.durationMs),
          outage.detail,
          outage.ledgerSeqs.join(', '),
        ]),
        loss.resolutionMs === null ? 'not measured: no observer' : 'none: no probe ever failed',
      ),
      facts('Data loss', [
        ['Measured', cell(lossWords(assessment), { evidence: loss.windowMs.evidence })],
        ['Objective (RPO)', duration(plan.objectives.rpoMs)],
        ['Missing canary ids', idList(loss.missing, loss.acknowledged)],
        ['Present, never acknowledged (listed, not counted)', idList(loss.unacknowledged, loss.acknowledged)],
        [
          'Entry against ledger and list',
          loss.acknowledged === null
            ? 'not measured'
            : loss.disagreements.length === 0
              ? cell('they agree', { status: 'good' })
              : cell(loss.disagreements.join('; '), { status: 'bad' }),
        ],
        ...protectionRows(protectionOf(record)),
        ...streamLossRows(measures.steps),
        [
          'Structural: what the policy allows however this run went',
          structuralLoss.totalMs.value === null
            ? cell(`not measured: ${structuralLoss.totalMs.note}`, { status: 'open' })
            : cell(`${duration(structuralLoss.totalMs.value)} (planned): ${structuralLoss.parts}`, {
                status: structuralLoss.aboveRpo === true ? 'bad' : 'good',
                evidence: structuralLoss.totalMs.evidence,
              }),
        ],
      ]),
      text(
        'Durations come from the monotonic clock within a session, and from the wall clock across an interruption.',
      ),
    ],
  };
}

/** Records of a time when nobody measured it have no such row. */
function protectionRows(fact: ProtectionFact | null): (readonly [string, Cell])[] {
  if (fact === null) return [];
  const status = { complete: 'good', incomplete: 'bad', 'not-known': 'open' } as const;
  return [
    [
      'The log at the second place, right before the disaster',
      cell(fact.said, { status: status[fact.reach], evidence: [fact.seq] }),
    ],
    ...(fact.standby === undefined
      ? []
      : [
          [
            'The standby, right before the disaster',
            cell(fact.standby, { status: 'bad', evidence: [fact.seq] }),
          ] as const,
        ]),
  ];
}

function idList(ids: readonly number[], acknowledged: number | null): string {
  if (acknowledged === null) return 'not measured';
  if (ids.length === 0) return 'none';
  const shown = ids.slice(0, 200).join(', ');
  return ids.length > 200 ? `${shown} … (${count(ids.length - 200)} more in report.json)` : shown;
}
