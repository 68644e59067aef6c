import type { JsonObject } from '../base/index.js';
import type { ActionCall } from '../language/index.js';
import { scopeOf, type EvidenceRef } from '../run/index.js';
import type { ActionPort } from './ports.js';
import type { RunContext } from './run-context.js';

export type ActionOutcome = Awaited<ReturnType<ActionPort['perform']>>;

export interface CallResult {
  readonly outcome: ActionOutcome | null;
  /** What it threw; null when it did not. */
  readonly thrown: { readonly error: unknown } | null;
  /** Output and attachments, also of a call that failed; without repetitions. */
  readonly evidence: readonly EvidenceRef[];
  /** Head of the journal that the action was told. */
  readonly head: string;
}

export interface CallRequest {
  readonly call: ActionCall;
  readonly args: JsonObject;
  /** What its output is, in the evidence list. */
  readonly title: string;
  /** Whose tail shows the output; null for none. */
  readonly step: string | null;
  readonly signal: AbortSignal;
}

/** Performs one action with its output kept. Never rejects because of the action: what it threw is in the result. */
export async function callAction(context: RunContext, request: CallRequest): Promise<CallResult> {
  const { call, args, title, step, signal } = request;
  const output = context.outputs.open(title, step);
  const attached: EvidenceRef[] = [];
  const head = context.recorder.head();
  const attach: typeof context.artefacts.attach = async (name, content, extension) => {
    const reference = await context.artefacts.attach(name, content, extension);
    attached.push(reference);
    return reference;
  };
  let outcome: ActionOutcome | null = null;
  let thrown: CallResult['thrown'] = null;
  try {
    const scope = scopeOf(context.plan, context.recorder.state());
    outcome = await context.ports.actions.perform({
      call,
      args,
      runId: context.runId,
      head,
      scope,
      signal,
      output: output.write,
      attach,
    });
  } catch (error) {
    thrown = { error };
  }
  const printed = await output.close();
  const all = [...(printed === null ? [] : [printed]), ...(outcome?.evidence ?? []), ...attached];
  return { outcome, thrown, evidence: withoutRepetitions(all), head };
}

function withoutRepetitions(references: readonly EvidenceRef[]): EvidenceRef[] {
  return [...new Map(references.map((one) => [`${one.file}\n${one.title}`, one])).values()];
}
