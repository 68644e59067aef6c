import type { Approval, Plan, UsesStep } from '../language/index.js';
import type { Command } from './command.js';
import { runCheck } from './decide-check.js';
import { awaitAnswer, openPrompt } from './decide-prompt.js';
import { findStep } from './plan-index.js';
import { fillCall } from './scope.js';
import { append, fail, failure, isScripted, lastPromptOf, stepState, type Situation } from './situation.js';

/** Four eyes, the name typed, already done?, then the action; the executor adds the check afterwards. */
export function decideMachine(situation: Situation, step: UsesStep): Command[] {
  const { plan, state } = situation;
  const known = stepState(situation, step);
  if (known.status === 'running') return [];
  const attempt = known.attempt + 1;
  const { missing } = fillCall(plan, state, step.call);
  if (missing.length > 0) {
    const message = `${step.call.uses} has no value for ${missing.map((name) => lacking(plan, name)).join(', ')}`;
    return fail(step, attempt, failure('invalid', message));
  }
  const perform: Command = {
    ...{ do: 'perform', step, call: step.call, attempt },
    timeoutMs: step.timeoutMs ?? null,
  };
  return (
    approval(situation, step, attempt) ??
    confirmation(situation, step, attempt) ??
    alreadyDone(situation, step, attempt) ?? [perform]
  );
}

/** A value that is missing, and the step that would have given it. */
function lacking(plan: Plan, name: string): string {
  const [root, id = ''] = name.split('.');
  const giver = root === 'steps' ? findStep(plan, id)?.step : undefined;
  return giver ? `${name} (from "${giver.title}", which did not succeed)` : name;
}

function approval(situation: Situation, step: UsesStep, attempt: number): Command[] | null {
  const known = stepState(situation, step);
  if (!step.approve || known.approvedBy !== null) return null;
  const { by, breakGlass } = step.approve;
  if (known.status !== 'waiting')
    return openPrompt(situation, step, {
      ...{ kind: 'approve', role: by[0] ?? null, text: approvalText(situation, step, step.approve) },
      options: ['approve', 'refuse', ...(breakGlass === undefined ? [] : ['break-glass'])],
    });
  return refusal(situation, step, attempt, 'approval');
}

function approvalText({ plan }: Situation, step: UsesStep, { by, not }: Approval): string {
  const roles = by.map((role) => plan.roles[role]?.title ?? role).join(' or ');
  const who = not === 'executor' ? ', not whoever carries it out' : '';
  return `${roles} approves ${step.call.uses}${who}.`;
}

function confirmation(situation: Situation, step: UsesStep, attempt: number): Command[] | null {
  const { plan } = situation;
  const known = stepState(situation, step);
  if (!step.destroys || known.confirmed || isScripted(plan)) return null;
  const { name } = plan.environment;
  if (known.status !== 'waiting')
    return openPrompt(situation, step, {
      ...{ kind: 'confirm', role: step.role ?? null, options: [name] },
      text: `${step.call.uses} destroys data in the environment ${name}. Type that name to go on.`,
    });
  return refusal(situation, step, attempt, 'confirmation');
}

/** A prompt that is open waits; one that was closed without a yes fails the attempt. */
function refusal(situation: Situation, step: UsesStep, attempt: number, what: string): Command[] {
  const prompt = lastPromptOf(situation, stepState(situation, step));
  if (prompt && !prompt.closed) return awaitAnswer(situation, prompt);
  const why = prompt?.withdrawn ?? prompt?.reason ?? 'no reason given';
  return fail(step, attempt, failure('refused', `${what} of ${step.id} was not given: ${why}`));
}

/** Looked at anew in every session and before every attempt; an action that only reads is simply done. */
function alreadyDone(situation: Situation, step: UsesStep, attempt: number): Command[] | null {
  if (!step.check || step.effect === 'read') return null;
  const known = stepState(situation, step);
  const { session } = situation.state;
  const seen = known.checks.findLast(
    (one) => one.purpose === 'before' && one.attempt === attempt && one.at.session === session,
  );
  if (!seen) return runCheck(situation, step, step.check, 'before', attempt);
  if (seen.check.verdict !== 'pass') return null;
  return append({
    type: 'step-succeeded',
    data: { step: step.id, attempt, how: 'already-done', outputs: {}, saved: {}, evidence: [] },
  });
}
