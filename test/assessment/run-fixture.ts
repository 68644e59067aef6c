import { makePlan, minute } from './plan-fixture.js';
import { ana, ben, engine, olga, pass, RecordBuilder, scripted } from './record-builder.js';
import type { Plan } from '../../src/language/index.js';
import type { Actor, CheckRecord } from '../../src/run/index.js';

/** How a run differs from one in which everything goes well. */
export interface Variation {
  readonly plan?: Plan;
  readonly sentinel?: boolean;
  /** Commits 11 to 10 + n are not there after recovery. */
  readonly lost?: number;
  readonly acceptance?: { readonly [check: string]: CheckRecord };
  /** Stop after this phase, with this end, or with none at all. */
  readonly stopAfter?: { readonly phase: string; readonly end: 'failed' | 'cancelled' | 'none' };
  readonly restoreMs?: number;
  readonly byHand?: boolean;
  readonly deviation?: boolean;
  readonly resumeInRestore?: number;
  readonly lateMessageMs?: number;
  readonly observerLog?: boolean;
  readonly sealed?: boolean;
}

const approver = (plan: Plan): Actor => (plan.unattended ? scripted : ana);

/** A whole run of `makePlan()`, step by step; the times are chosen so that every category but security is full. */
export function buildRun(how: Variation = {}): RecordBuilder {
  const plan = how.plan ?? makePlan();
  const run = new RecordBuilder(plan);
  const people = plan.unattended ? scripted : ana;
  open(run, how);
  preparations(run, people);
  disrupt(run, how);
  const stages: [string, () => void][] = [
    ['assessment', () => assessment(run, how, people)],
    ['recovery', () => recovery(run, how)],
    ['verification', () => verification(run, how)],
  ];
  for (const [id, play] of stages) {
    run.wait(10).add('phase-entered', { phase: id, stage: 'response' });
    play();
    const stop = how.stopAfter?.phase === id ? how.stopAfter.end : null;
    if (stop === 'none') return run;
    run.wait(10).add('phase-left', { phase: id, outcome: stop === null ? 'completed' : stop });
    if (stop !== null) return end(run, stop, how);
  }
  return end(run, 'completed', how);
}

function open(run: RecordBuilder, how: Variation): void {
  const { plan } = run;
  run
    .add('run-opened', {
      runId: '2027-01-17T010000Z-database-corruption-k3f9',
      planSha256: 'b'.repeat(64),
      mode: plan.mode,
      unattended: plan.unattended,
      tool: { version: '0.1.0', node: '24.0.0' },
      host: { name: 'host', platform: 'linux', user: 'drill' },
      clock: { synchronised: true, source: 'timedatectl' },
    })
    .add('session-started', {
      session: 's1',
      pid: 1,
      bootId: 'b',
      resumed: false,
      gapMs: null,
      orphansEnded: [],
      tornBytes: 0,
    })
    .add('roles-bound', {
      people: { 'incident-commander': { name: 'Ana' }, 'database-lead': { name: 'Ben' } },
    })
    .add('environment-opened', {
      name: 'lab',
      kind: 'lab',
      values: {},
      fingerprint: { system: '7' },
      notExercised: [],
    });
  if (how.sentinel ?? true) {
    run.add('observer-started', { resolutionMs: 250, ledger: 'ledger.jsonl' });
    run.ledgerLine({ kind: 'opened', resolutionMs: 250, pid: 9 }).commits(1, 20, 250);
  }
  if ((how.observerLog ?? true) && !plan.unattended)
    run.add('note-taken', { text: 'everybody is here' }, olga);
}

function preparations(run: RecordBuilder, people: Actor): void {
  run.add('phase-entered', { phase: 'before', stage: 'before' });
  prompt(run, 'p0', 'instruct', 'before-aim', { done: true }, people, minute);
  run.add('phase-left', { phase: 'before', outcome: 'completed' });
}

function disrupt(run: RecordBuilder, how: Variation): void {
  run.add('fault-started', { fault: 'damage', describe: 'damages pages of bookings' });
  run.wait(100).add('fault-injected', {
    fault: 'damage',
    sabotage: false,
    groundTruth: { relations: ['bookings'] },
    proof: { error: 'invalid page' },
    evidence: [],
  });
  run.mark('disruption', 'engine');
  if (how.sentinel ?? true) {
    run.wait(250).ledgerLine({ kind: 'state', what: 'read', state: 'failing', detail: 'invalid page' });
    run.add(
      'observed',
      { what: 'read', state: 'failing', detail: 'invalid page', sentinelAt: run.at(), ledgerSeq: 22 },
      {
        kind: 'sentinel',
      },
    );
  }
  run.wait(100).mark('detected', 'engine');
  run.add('detection-evaluated', {
    signs: [{ id: 'failures', sign: 'checksum failures', seen: true, check: pass }],
  });
}

function assessment(run: RecordBuilder, how: Variation, people: Actor): void {
  perform(run, 'extent', 2 * minute, { damaged: ['bookings'] });
  prompt(run, 'p1', 'ask', 'declare', { severity: 'P0' }, people, 3 * minute);
  run.mark('declared', people === scripted ? 'scripted' : 'person', people);
  run.wait(how.lateMessageMs ?? 1000);
  run
    .add('step-started', { step: 'tell', attempt: 1, describe: 'sends a message', args: {}, by: 'machine' })
    .wait(50);
  run.add('message-sent', {
    step: 'tell',
    message: 'initial',
    to: 'internal',
    channel: 'file',
    subject: 'We have a problem',
    unfilled: [],
    evidence: [],
    head: 'c'.repeat(64),
  });
  succeed(run, 'tell', {});
}

function recovery(run: RecordBuilder, how: Variation): void {
  prompt(run, 'p2', 'approve', 'restore', { approve: true }, approver(run.plan), minute);
  if (!run.plan.unattended) prompt(run, 'p3', 'confirm', 'restore', { typed: 'lab' }, ben, 1000);
  run.mark('recovery-started', 'engine');
  if (how.deviation)
    run.add('deviation-recorded', { kind: 'ad-hoc', step: null, reason: 'restarted the switch' }, ana);
  if (how.byHand) {
    start(run, 'restore').wait(minute);
    run.add('step-failed', {
      step: 'restore',
      attempt: 1,
      failure: { reason: 'exit-code', message: 'pg_restore ended with 1', retryable: false },
      evidence: [],
      willRetry: false,
    });
    prompt(run, 'p4', 'failure', 'restore', { option: 'by-hand' }, ben, 5 * minute);
    run.add('check-evaluated', { step: 'restore', purpose: 'claim', attempt: 1, check: pass });
    run.add('deviation-recorded', { kind: 'by-hand', step: 'restore', reason: 'restored with psql' }, ben);
    succeed(run, 'restore', { backup: 'set-1' }, 'by-hand');
  } else if (how.resumeInRestore !== undefined) {
    start(run, 'restore').wait(minute).resume(how.resumeInRestore);
    run.add('step-outcome-unknown', { step: 'restore', attempt: 1, because: 'the engine died' });
    run.wait(500).add('check-evaluated', { step: 'restore', purpose: 'resume', attempt: 1, check: pass });
    succeed(run, 'restore', { backup: 'set-1' }, 'already-done');
  } else perform(run, 'restore', how.restoreMs ?? 20 * minute, { backup: 'set-1', encrypted: true });
}

function verification(run: RecordBuilder, how: Variation): void {
  start(run, 'verified').wait(1000);
  const verdict = (id: string) => how.acceptance?.[id] ?? pass;
  const list = run.plan.acceptance?.checks ?? [];
  const green = list.every((check) => verdict(check.id).verdict === 'pass');
  let first: string | null = null;
  for (let round = 1; round <= 7; round += 1) {
    run.wait(1000).add('acceptance-probed', {
      round,
      checks: list.map(({ id, critical }) => ({ id, critical, check: verdict(id) })),
      green,
    });
    first ??= run.at();
  }
  if (!green) {
    run.add('step-failed', {
      step: 'verified',
      attempt: 1,
      failure: { reason: 'timeout', message: 'acceptance was not reached', retryable: true },
      evidence: [],
      willRetry: false,
    });
    return;
  }
  run.add('clock-marked', {
    point: 'service-verified',
    at: first ?? run.at(),
    by: 'engine',
    because: 'every acceptance check stayed green for 5 s',
  });
  survivors(run, how);
  succeed(run, 'verified', {}, 'waited');
}

function survivors(run: RecordBuilder, how: Variation): void {
  if (!(how.sentinel ?? true)) {
    run.add('survivors-not-listed', { reason: 'no observer' });
    return;
  }
  run.ledgerLine({ kind: 'state', what: 'read', state: 'ok', detail: 'reads again' });
  run.commits(100, 5, 250);
  const lost = how.lost ?? 0;
  const acknowledged = run.ledger.flatMap((line) => (line.kind === 'commit' ? [line.id] : []));
  const missing = acknowledged.slice(10, 10 + lost);
  run.survivors = acknowledged.filter((id) => !missing.includes(id));
  run.add('survivors-listed', {
    ledger: { seq: run.ledger.length, sha256: 'd'.repeat(64) },
    acknowledged: acknowledged.length,
    present: acknowledged.length - lost,
    missing: lost,
    unacknowledged: 0,
    // Rows are 250 ms apart, and the window begins at the last one that is still there.
    windowMs: lost * 250,
    evidence: [],
  });
}

function end(
  run: RecordBuilder,
  status: 'completed' | 'failed' | 'cancelled',
  how: Variation,
): RecordBuilder {
  run.wait(10).add('phase-entered', { phase: 'protect', stage: 'always' });
  perform(run, 'new-backup', 30_000, { backup: 'set-2' });
  run.add('phase-left', { phase: 'protect', outcome: 'completed' });
  if (status === 'completed') {
    run.wait(10).add('phase-entered', { phase: 'after', stage: 'after' });
    const people = run.plan.unattended ? scripted : ana;
    prompt(run, 'p8', 'ask', 'sign-off', { severity: 'seen' }, people, minute);
    prompt(run, 'p9', 'ask', 'after-actions', { severity: 'none' }, people, minute);
    run.add('phase-left', { phase: 'after', outcome: 'completed' });
  }
  run.add('environment-closed', { released: ['cluster'], leftovers: [] });
  const lossWithin = (how.lost ?? 0) * 250 <= run.plan.objectives.rpoMs && (how.sentinel ?? true);
  const met = status === 'completed' && lossWithin;
  run.add('run-ended', { status, verdict: met ? 'met' : 'inconclusive', because: 'the end was reached' });
  if (how.sealed ?? true)
    run.add('run-sealed', { entries: run.entries.length + 1, evidenceSha256: 'e'.repeat(64), ledger: null });
  return run;
}

function start(run: RecordBuilder, step: string, attempt = 1): RecordBuilder {
  return run.add('step-started', {
    step,
    attempt,
    describe: `carries ${step} out`,
    args: { into: 'replacement' },
    by: 'machine',
  });
}

function succeed(
  run: RecordBuilder,
  step: string,
  outputs: { [name: string]: string | boolean | string[] },
  how: 'performed' | 'by-hand' | 'already-done' | 'answered' | 'waited' = 'performed',
): RecordBuilder {
  return run.add('step-succeeded', { step, attempt: 1, how, outputs, saved: {}, evidence: [] });
}

function perform(
  run: RecordBuilder,
  step: string,
  ms: number,
  outputs: { [name: string]: string | boolean | string[] },
): void {
  start(run, step).wait(ms);
  succeed(run, step, outputs);
}

function prompt(
  run: RecordBuilder,
  id: string,
  kind: 'ask' | 'approve' | 'confirm' | 'failure' | 'instruct',
  step: string,
  answer: { [name: string]: string | boolean },
  by: Actor,
  afterMs: number,
): void {
  run.add('prompt-opened', {
    prompt: id,
    kind,
    step,
    role: null,
    text: `please answer ${step}`,
    options: [],
    suggest: null,
    timeoutMs: null,
  });
  run
    .wait(by.kind === 'scripted' ? 5 : afterMs)
    .add('prompt-answered', { prompt: id, answer, reason: null }, by);
  if (kind === 'ask' || kind === 'instruct') {
    run.add('step-started', { step, attempt: 1, describe: `asks ${step}`, args: {}, by: 'person' }, by);
    run.add(
      'step-succeeded',
      { step, attempt: 1, how: 'answered', outputs: answer, saved: {}, evidence: [] },
      engine,
    );
  }
}
