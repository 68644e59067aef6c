import { formatDuration } from '../base/index.js';
import { messageCredit } from './categories.js';
import { finding, type FindingRule } from './finding.js';
import { targetsApprovedOf } from './guards.js';
import { messageInput } from './message-input.js';
import { promptsOf } from './prompts.js';

/** Steps, deviations, messages, pace. */
export const procedureFindings: readonly FindingRule[] = [
  ({ record }) => {
    const { holds, note, evidence } = targetsApprovedOf(record);
    return holds ? [] : [finding('target-not-approved', 'high', note, evidence)];
  },
  ({ measures }) =>
    measures.deviations
      .filter((deviation) => deviation.counts)
      .map((deviation) =>
        finding(
          `deviation:${deviation.seq}`,
          'medium',
          `${deviation.kind}${deviation.step === null ? '' : ` of ${deviation.step}`} by ${deviation.by}: ${deviation.reason}`,
          [deviation.seq],
        ),
      ),
  ({ measures }) =>
    measures.steps
      .filter((step) => step.result === 'failed' || step.result === 'unknown-outcome')
      .map((step) =>
        finding(
          `step-failed:${step.id}`,
          'medium',
          `step ${step.id} ${step.result === 'failed' ? 'failed' : 'has an unknown outcome'}${step.reason === null ? '' : `: ${step.reason}`}`,
          step.seqs,
        ),
      ),
  ({ measures }) =>
    measures.steps
      .filter((step) => step.result === 'succeeded' && step.attempts > 1)
      .map((step) =>
        finding(
          `step-retried:${step.id}`,
          'low',
          `step ${step.id} needed ${step.attempts} attempts`,
          step.seqs,
        ),
      ),
  ({ measures }) =>
    measures.steps
      .filter((step) => step.manualHelp)
      .map((step) =>
        finding(`manual-help:${step.id}`, 'low', `step ${step.id} needed manual help`, step.seqs),
      ),
  ({ measures }) =>
    measures.steps
      .filter(
        (step) =>
          step.form === 'instruct' &&
          step.result === 'succeeded' &&
          step.checks.length === 0 &&
          // A checklist before or after the drill is all claims by its nature.
          measures.phases.some((phase) => phase.id === step.phase && phase.stage === 'response'),
      )
      .map((step) =>
        finding(
          `claim-unchecked:${step.id}`,
          'low',
          `step ${step.id} is a claim: it has no check`,
          step.seqs,
        ),
      ),
  ({ measures }) =>
    measures.messages
      .filter((message) => message.required && message.due && messageCredit(messageInput(message)) < 1)
      .map((message) =>
        finding(
          `message:${message.id}`,
          'medium',
          message.sentAt === null
            ? `the message ${message.id} was not sent`
            : message.unfilled.length > 0
              ? `the message ${message.id} went out with unfilled placeholders: ${message.unfilled.join(', ')}`
              : message.actualMs === null
                ? `the message ${message.id} was sent, but its deadline counts from a point that was not measured`
                : `the message ${message.id} was late: ${formatDuration(message.actualMs)}, due within ${formatDuration(message.deadlineMs ?? 0)}`,
          message.evidence,
        ),
      ),
  ({ measures }) =>
    measures.phases
      .filter(
        (phase) => phase.actualMs !== null && phase.targetMs !== null && phase.actualMs > phase.targetMs,
      )
      .map((phase) =>
        finding(
          `phase-over-target:${phase.id}`,
          'low',
          `phase ${phase.id} took ${formatDuration(phase.actualMs ?? 0)}, its target is ${formatDuration(phase.targetMs ?? 0)}`,
          phase.evidence,
        ),
      ),
  ({ record }) =>
    promptsOf(record.entries)
      .filter((prompt) => prompt.overdue)
      .map((prompt) =>
        finding(`answer-overdue:${prompt.prompt}`, 'low', `the answer to "${prompt.text}" was overdue`, [
          prompt.opened.seq,
        ]),
      ),
];
