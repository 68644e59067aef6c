import { entriesOf } from './entries.js';
import type { PointFact } from './clock-points.js';
import type { RunRecord } from './record.js';
import { stepsOf, type StepFact } from './steps.js';
import { plannedSteps } from './walk-steps.js';
import type { TimeAxis } from './time-axis.js';

/** One message that the plan asks for, and what was sent. Times in milliseconds. */
export interface MessageFact {
  readonly id: string;
  readonly step: string | null;
  readonly audience: string;
  readonly subject: string;
  /** The template says so, or its step has a deadline. */
  readonly required: boolean;
  /** Its step stands in a block that was not chosen, or its condition was not met. */
  readonly due: boolean;
  readonly deadlineMs: number | null;
  readonly deadlineOf: string | null;
  readonly sentAt: string | null;
  readonly to: string | null;
  readonly channel: string | null;
  /** From the point the deadline counts from; null when not sent or that point was not measured. */
  readonly actualMs: number | null;
  readonly unfilled: readonly string[];
  readonly momentMs: number | null;
  readonly evidence: readonly number[];
}

export function messagesOf(
  record: RunRecord,
  axis: TimeAxis,
  points: readonly PointFact[],
  steps: readonly StepFact[] = stepsOf(record, axis),
): MessageFact[] {
  const sent = entriesOf(record.entries, 'message-sent');
  const sending = plannedSteps(record.plan).flatMap(({ step }) => {
    const message = step.form === 'uses' ? step.call.with['message'] : undefined;
    return step.form === 'uses' && step.call.uses.startsWith('notify.') && typeof message === 'string'
      ? [{ step, message }]
      : [];
  });
  const fact = (id: string, stepId: string | null): MessageFact => {
    const template = record.plan.messages.find((one) => one.id === id);
    const step = sending.find((one) => one.step.id === stepId)?.step;
    const entry = sent.find((one) => one.data.step === stepId);
    const from = points.find((one) => one.point === step?.due?.of);
    const moment = entry ? axis.moment(entry) : null;
    return {
      id,
      step: stepId,
      audience: template?.audience ?? entry?.data.to ?? 'not given',
      subject: entry?.data.subject ?? template?.subject ?? 'not given',
      required: (template?.required ?? false) || step?.due !== undefined,
      due: steps.find((one) => one.id === stepId)?.result !== 'not-due',
      deadlineMs: step?.due?.withinMs ?? null,
      deadlineOf: step?.due?.of ?? null,
      sentAt: entry?.at ?? null,
      to: entry?.data.to ?? null,
      channel: entry?.data.channel ?? null,
      // A message that went out before the point its deadline counts from is early, not negative.
      actualMs: moment && from?.moment ? Math.max(0, Math.round(moment.ms - from.moment.ms)) : null,
      unfilled: entry?.data.unfilled ?? [],
      momentMs: moment?.ms ?? null,
      evidence: entry ? [entry.seq] : [],
    };
  };
  const orphans = record.plan.messages.filter(
    (template) => template.required && !sending.some((one) => one.message === template.id),
  );
  return [
    ...sending.map(({ step, message }) => fact(message, step.id)),
    ...orphans.map((template) => fact(template.id, null)),
  ];
}
