import type { RunEvent } from '../run/index.js';
import { attempt } from './attempt.js';
import type { Observation, ObserverPort } from './ports.js';
import { byEngine, type Fact, type Recorder } from './recorder.js';
import { noObserver, spellFailure, type RunContext } from './run-context.js';

function note(text: string): Fact {
  return byEngine({ type: 'note-taken', data: { text } });
}

/** Starts the sentinel, or finds the one that lives, and follows it from the last observation on record. */
export async function startObserver(context: RunContext): Promise<void> {
  const { ports, recorder, bugs, observing } = context;
  observing.stop();
  const found = await attempt(async () => {
    const port = await ports.environment.observe();
    if (port === null) throw noObserver();
    return port;
  });
  if ('error' in found) {
    const { failure } = bugs.failureOf(found.error);
    await recorder.record(() => [note(spellFailure('no observer', failure))]);
    return;
  }
  const port = found.value;
  observing.port = port;
  const { resolutionMs, ledger } = port;
  await recorder.record(() => [byEngine({ type: 'observer-started', data: { resolutionMs, ledger } })]);
  const stop = port.follow(lastSeen(recorder), (observation) => {
    // A rejection means that nothing can be recorded any more: the loop knows.
    recordObservation(recorder, observation).catch(() => undefined);
  });
  observing.stop = () => {
    observing.stop = () => undefined;
    stop();
  };
}

/** Each ledger line at most once, also when it is told again after a crash. */
async function recordObservation(recorder: Recorder, observation: Observation): Promise<void> {
  const { what, state, detail, sentinelAt, ledgerSeq } = observation;
  await recorder.record((run) => {
    if (ledgerSeq <= lastSeen(recorder) || run.ended !== null) return [];
    const data = { what, state, detail, sentinelAt, ledgerSeq };
    return [{ event: { type: 'observed', data }, actor: { kind: 'sentinel' } }];
  });
}

function lastSeen(recorder: Recorder): number {
  const last = recorder.entries().findLast((entry) => entry.type === 'observed');
  return last?.type === 'observed' ? last.data.ledgerSeq : 0;
}

export async function anchorLedger(context: RunContext): Promise<void> {
  const head = await attempt(() => sentinelOf(context).head());
  if ('error' in head) {
    const { failure } = context.bugs.failureOf(head.error);
    await context.recorder.record(() => [note(spellFailure('ledger not anchored', failure))]);
    return;
  }
  const { seq, sha256 } = head.value;
  await context.recorder.record(() => [byEngine({ type: 'ledger-anchored', data: { seq, sha256 } })]);
}

export async function listSurvivors(context: RunContext): Promise<void> {
  const found = await attempt(() => sentinelOf(context).survivors());
  let event: RunEvent;
  if ('error' in found) {
    const { message } = context.bugs.failureOf(found.error).failure;
    event = { type: 'survivors-not-listed', data: { reason: message } };
  } else {
    const { ledger, acknowledged, present, missing, unacknowledged, windowMs, evidence } = found.value;
    const data = { ledger, acknowledged, present, missing, unacknowledged, windowMs, evidence };
    event = { type: 'survivors-listed', data };
  }
  await context.recorder.record(() => [byEngine(event)]);
}

function sentinelOf({ observing }: RunContext): ObserverPort {
  if (observing.port === null) throw noObserver();
  return observing.port;
}
