import { formatDuration } from '../base/index.js';
import { lastOf } from './entries.js';
import { finding, type FindingRule } from './finding.js';

/** Detection, faults, acceptance, controls: whether the disaster was seen and the service is sound again. */
export const serviceFindings: readonly FindingRule[] = [
  ({ measures }) => {
    const verified = measures.points.find((point) => point.point === 'service-verified');
    return verified?.time.value === null && verified.time.evidence.length > 0
      ? [
          finding(
            'verification-not-believed',
            'high',
            `service verified: ${verified.time.note}`,
            verified.time.evidence,
          ),
        ]
      : [];
  },
  ({ measures }) =>
    measures.acceptance
      .filter((check) => check.verdict !== 'pass')
      .map((check) =>
        finding(
          `acceptance:${check.id}`,
          check.critical ? 'high' : 'medium',
          `acceptance check ${check.id} ${check.verdict === 'fail' ? 'failed' : 'was not run'}${check.critical ? ' (critical)' : ''}`,
          check.seq === null ? [] : [check.seq],
        ),
      ),
  ({ measures }) =>
    measures.faults
      .filter((fault) => fault.result !== 'injected')
      .map((fault) =>
        finding(
          `fault-not-injected:${fault.id}`,
          'high',
          `the fault ${fault.id} was ${fault.result === 'failed' ? 'not injected: it failed' : 'never injected'}`,
          fault.seqs,
        ),
      ),
  ({ record, measures }) => {
    const evaluated = lastOf(record.entries, 'detection-evaluated');
    const disrupted = measures.faults.some((fault) => fault.result === 'injected' && !fault.sabotage);
    if (!evaluated || !disrupted) return [];
    const seen = evaluated.data.signs.some((sign) => sign.seen === true);
    const observed = measures.outages.length > 0;
    if (!seen)
      return [
        finding(
          'fault-not-detected',
          observed ? 'medium' : 'high',
          observed
            ? 'no detection sign of the runbook saw the fault; only the outside observer did'
            : 'nothing saw the fault: no detection sign and not the outside observer',
          [evaluated.seq],
        ),
      ];
    return evaluated.data.signs
      .filter((sign) => sign.seen !== true)
      .map((sign) =>
        finding(
          `sign-not-seen:${sign.id}`,
          'low',
          `the sign "${sign.sign}" was ${sign.seen === false ? 'not seen' : 'not looked for by the engine'}`,
          [evaluated.seq],
        ),
      );
  },
  ({ measures }) =>
    measures.faults.flatMap((fault) =>
      fault.compared && !fault.compared.same
        ? [
            finding(
              `damage-differs:${fault.id}`,
              fault.compared.truth.every((name) => fault.compared?.found.includes(name)) ? 'medium' : 'high',
              `the runbook found ${list(fault.compared.found)}, what was damaged is ${list(fault.compared.truth)}`,
              fault.seqs,
            ),
          ]
        : [],
    ),
  ({ measures }) =>
    measures.faults
      .filter((fault) => fault.sabotage && fault.result === 'injected' && fault.caughtBy?.length === 0)
      .map((fault) =>
        finding(
          `sabotage-not-caught:${fault.id}`,
          'high',
          `no check turned red after the sabotage ${fault.id}`,
          fault.seqs,
        ),
      ),
  ({ measures }) =>
    measures.outages
      .filter((outage) => outage.until === null)
      .map((outage) =>
        finding(
          `still-failing:${outage.what}`,
          'high',
          `the ${outage.what} probe was still failing when the ledger ended, ${formatDuration(outage.durationMs)} on`,
        ),
      ),
  ({ controls }) =>
    controls
      .filter((control) => control.state === 'not-met')
      .map((control) =>
        finding(
          `control:${control.id}`,
          control.provenance === 'not-measured' ? 'low' : 'medium',
          `${control.title}: not met; ${control.note}`,
          control.evidence,
        ),
      ),
];

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
