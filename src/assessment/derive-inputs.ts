import type { Finding } from './finding.js';
import { controlsOf, personalDataInScope } from './controls.js';
import { entriesOf, lastOf } from './entries.js';
import { governanceOf } from './governance.js';
import { targetsApprovedOf } from './guards.js';
import type { Measured } from './measured.js';
import type { Measures } from './measures.js';
import { messageInput } from './message-input.js';
import type { IndependenceFact } from './people.js';
import type { RunRecord } from './record.js';
import type { Conditions, Origin, PhaseInput, ScoreInputs, StepInput, TimedInput } from './score-inputs.js';

/** What the score is a function of, drawn from the record; every input with its provenance and its entries. */
export function deriveInputs(
  record: RunRecord,
  measures: Measures,
  independence: IndependenceFact,
  findings: readonly Finding[],
): ScoreInputs {
  const { plan } = record;
  const controls = controlsOf(record, measures);
  const scored = {
    rta: { ...timed(measures.recoveryTime.durationMs), ...attestedBy(measures) },
    rpa: timed(measures.loss.windowMs),
    checks: measures.acceptance.map((check) => ({
      id: check.id,
      verdict: check.verdict,
      critical: check.critical,
      weight: check.weight,
      provenance: check.verdict === 'not-run' ? ('not-measured' as const) : ('measured' as const),
      evidence: check.seq === null ? [] : [check.seq],
      note: check.check?.reason ?? (check.verdict === 'not-run' ? 'not run' : `round ${check.round ?? 0}`),
    })),
    automaticSteps: automaticSteps(record, measures),
    phases: phaseInputs(measures),
    messages: measures.messages.filter((one) => one.required && one.due).map(messageInput),
  };
  const counted: readonly Origin[] = [
    scored.rta,
    scored.rpa,
    ...scored.checks,
    ...scored.automaticSteps,
    ...scored.phases,
    ...scored.messages,
    ...controls,
  ];
  const deviations = measures.deviations.filter((one) => one.counts);
  return {
    rubric: plan.rubric,
    unattended: plan.unattended,
    rtoMs: plan.objectives.rtoMs,
    rpoMs: plan.objectives.rpoMs,
    ...scored,
    deviations: {
      count: deviations.length,
      provenance: 'measured',
      evidence: deviations.map((one) => one.seq),
      note: 'entries of deviations; a step done by hand is manual help instead',
    },
    responseElapsedMs: measures.responseElapsedMs,
    controls,
    governance: governanceOf(record, measures, independence, findings, counted),
    conditions: conditionsOf(record, measures, independence, findings),
  };
}

function timed(figure: Measured<number>): TimedInput {
  const { value, provenance, evidence, note } = figure;
  return { valueMs: value, provenance, evidence, note };
}

function attestedBy({ points, recoveryTime }: Measures): { attestedBy?: 'participant' | 'observer' } {
  if (recoveryTime.durationMs.provenance !== 'attested') return {};
  const told = points.filter(
    (point) => (point.point === 'disruption' || point.point === 'service-verified') && point.attestedBy,
  );
  return { attestedBy: told.every((point) => point.attestedBy === 'observer') ? 'observer' : 'participant' };
}

/** Machine steps of the response that were due; what was never reached did not succeed. */
function automaticSteps({ plan }: RunRecord, { steps }: Measures): StepInput[] {
  const response = new Set(
    plan.phases.filter((phase) => phase.stage === 'response').map((phase) => phase.id),
  );
  return steps
    .filter(
      (step) =>
        response.has(step.phase) &&
        (step.form === 'uses' || step.form === 'wait') &&
        step.result !== 'not-due',
    )
    .map((step) => ({
      id: step.id,
      succeeded: step.result === 'succeeded',
      manualHelp: step.manualHelp,
      provenance: step.seqs.length === 0 ? 'not-measured' : 'measured',
      evidence: step.seqs,
      note: step.result === 'succeeded' ? (step.how ?? 'succeeded') : step.result.replaceAll('-', ' '),
    }));
}

function phaseInputs({ phases }: Measures): PhaseInput[] {
  return phases
    .filter((phase) => phase.stage === 'response' && phase.targetMs !== null)
    .map((phase) => ({
      id: phase.id,
      targetMs: phase.targetMs ?? 0,
      actualMs: phase.actualMs,
      unbounded: phase.outcome !== 'not-entered' && !phase.machineMade,
      provenance: phase.actualMs === null ? 'not-measured' : 'measured',
      evidence: phase.evidence,
      note:
        phase.outcome === 'not-entered'
          ? 'never entered'
          : phase.outcome === 'not-left'
            ? 'entered and never left'
            : phase.spansSessions
              ? 'wall clock: it spans an interruption'
              : 'monotonic clock',
    }));
}

function conditionsOf(
  record: RunRecord,
  measures: Measures,
  independence: IndependenceFact,
  findings: readonly Finding[],
): Conditions {
  const condition = (holds: boolean, note: string, evidence: readonly number[] = []) => ({
    holds,
    note,
    evidence,
    provenance: 'measured' as const,
  });
  const point = (name: string) => measures.points.find((one) => one.point === name);
  const verified = point('service-verified');
  const injected = entriesOf(record.entries, 'fault-injected').some((entry) => !entry.data.sabotage);
  const disrupted = point('disruption')?.moment != null || injected;
  const high = findings.filter((finding) => finding.class === 'high');
  const steps = measures.clock.steps.filter((step) => step.explainedBy === null);
  const sealed = lastOf(record.entries, 'run-sealed');
  const replay = controlsOf(record, measures).find((control) => control.id === 'erasure-replay');
  const exposed = personalDataInScope(record) === true && replay?.state === 'not-met';
  return {
    executed: condition(
      record.plan.mode === 'live' || disrupted,
      'nothing was disrupted and no fault was injected: a walk-through, not a drill',
    ),
    serviceVerified: condition(
      verified?.moment != null,
      `service was never verified: ${verified?.time.note ?? 'no such point'}`,
      verified?.time.evidence,
    ),
    clockExplained: condition(
      steps.length === 0,
      `the wall clock moved against the monotonic one by ${steps.map((step) => `${step.byMs} ms`).join(', ')}, unexplained`,
      steps.map((step) => step.seq),
    ),
    targetsApproved: targetsApprovedOf(record),
    privacyKept: condition(
      !exposed,
      'personal data are in scope and no erasures were replayed',
      replay?.evidence,
    ),
    // The scan before sealing lets no secret through that it can tell: a record that holds one stays without a seal.
    evidenceClean: condition(
      sealed !== undefined,
      'the evidence has not passed the scan for secrets: the record is not sealed',
      sealed ? [sealed.seq] : [],
    ),
    independent: condition(independence.independent, independence.why, independence.evidence),
    noHighFinding: condition(
      high.length === 0,
      `open high findings: ${high.map((finding) => finding.id).join(', ')}`,
      high.flatMap((finding) => finding.evidence),
    ),
  };
}
