import {
  admit,
  decide,
  evolve,
  initialState,
  type Actor,
  type Command,
  type Entry,
  type EventOf,
  type EventType,
  type HashedEntry,
  type OperatorInput,
  type RunEvent,
  type RunState,
} from '../../src/run/index.js';
import type { Plan } from '../../src/language/index.js';

export const startMs = Date.parse('2027-01-17T01:00:00.000Z');
export const engine: Actor = { kind: 'engine' };
export const ana: Actor = { kind: 'person', name: 'Ana', role: 'lead' };
export const ben: Actor = { kind: 'person', name: 'Ben', role: 'boss' };

export const pass = { verdict: 'pass', results: [] } as const;
export const red = { verdict: 'fail', results: [], reason: 'still broken' } as const;
export const broken = { reason: 'exit-code', message: 'exit code 1', retryable: false } as const;

/** A run told entry by entry, with a clock that the teller sets. What the decision appends is taken over by `go`. */
export class Story {
  state: RunState;
  nowMs = startMs;
  readonly lines: HashedEntry[] = [];
  private session = 's0';

  constructor(readonly plan: Plan) {
    this.state = initialState(plan);
  }

  get entries(): readonly Entry[] {
    return this.lines.map((line) => line.entry);
  }

  tell(event: RunEvent, actor: Actor = engine): this {
    const seq = this.lines.length + 1;
    const sha256 = `${seq}`.padStart(64, '0');
    const at = new Date(this.nowMs).toISOString();
    const envelope = {
      v: 1,
      seq,
      prev: '',
      at,
      mono: this.nowMs - startMs,
      session: this.session,
      actor,
    } as const;
    const entry: Entry = { ...envelope, ...event };
    this.lines.push({ entry, sha256 });
    this.state = evolve(this.plan, this.state, entry, sha256);
    return this;
  }

  later(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  begin(attestedStart?: string): this {
    const { mode, unattended } = this.plan;
    const about = {
      tool: { version: '0', node: '24' },
      host: { name: 'h', platform: 'linux', user: 'u' },
      clock: { synchronised: true, source: 'test' },
    };
    const attested = attestedStart === undefined ? {} : { attestedStart };
    const data = { runId: 'run-1', planSha256: '', mode, unattended, ...about, ...attested };
    this.tell({ type: 'run-opened', data });
    return this.take(false);
  }

  /** The same run as far as these lines tell it. */
  static of(plan: Plan, lines: readonly HashedEntry[]): Story {
    const story = new Story(plan);
    for (const { entry, sha256 } of lines) {
      story.lines.push({ entry, sha256 });
      story.state = evolve(plan, story.state, entry, sha256);
      story.nowMs = Date.parse(entry.at);
      story.session = entry.session;
    }
    return story;
  }

  /** A new engine takes the run up. */
  take(resumed = true): this {
    this.session = `s${this.state.sessions + 1}`;
    const about = { pid: 1, bootId: 'b', gapMs: null, orphansEnded: [], tornBytes: 0 };
    return this.tell({ type: 'session-started', data: { session: this.session, resumed, ...about } });
  }

  decide(): Command[] {
    return decide(this.plan, this.state, this.nowMs);
  }

  /** Takes over what is decided without an effect, until there is an effect, a wait, or nothing to do. */
  go(): Command[] {
    for (let round = 0; round < 500; round += 1) {
      const commands = this.decide();
      const [first] = commands;
      if (first?.do !== 'append') return commands;
      this.tell(first.event, first.actor);
    }
    throw new Error(`decides without end: ${JSON.stringify(this.decide())}`);
  }

  /** What is to be done next, by name: `perform restore`, `check before restore`, `wake`. */
  next(): string[] {
    return this.go().map(name);
  }

  submit(input: OperatorInput): { readonly why: string; readonly hint?: string } | null {
    const admission = admit(this.plan, this.state, input);
    if ('refused' in admission) return admission.refused;
    for (const { event, actor } of admission.events) this.tell(event, actor);
    return null;
  }

  answer(answer: { readonly [key: string]: string | boolean | number }, reason?: string, by: Actor = ana) {
    const open = Object.values(this.state.prompts).find((one) => !one.closed);
    if (!open) throw new Error('nothing is asked');
    const said = reason === undefined ? {} : { reason };
    return this.submit({ kind: 'answer', prompt: open.id, answer, by, ...said });
  }

  asked() {
    return Object.values(this.state.prompts)
      .filter((one) => !one.closed)
      .at(-1);
  }

  all<T extends EventType>(type: T): readonly EventOf<T>['data'][] {
    return this.entries
      .filter((entry) => entry.type === type)
      .map((entry) => entry.data as EventOf<T>['data']);
  }

  statuses(): { readonly [step: string]: string } {
    return Object.fromEntries(Object.values(this.state.steps).map((step) => [step.id, step.status]));
  }

  // What effects leave behind, in the shortest words.
  environmentOpened() {
    const data = {
      name: 'the-lab',
      kind: 'lab',
      values: { port: 5432 },
      fingerprint: {},
      notExercised: [],
    } as const;
    return this.tell({ type: 'environment-opened', data });
  }
  observerStarted() {
    return this.tell({ type: 'observer-started', data: { resolutionMs: 250, ledger: 'ledger' } });
  }
  noObserver() {
    return this.tell({ type: 'note-taken', data: { text: 'no observer: the environment has none' } });
  }
  faultInjected(fault: string, sabotage = false, groundTruth = {}) {
    this.tell({ type: 'fault-started', data: { fault, describe: fault } });
    return this.tell({
      type: 'fault-injected',
      data: { fault, sabotage, groundTruth, proof: {}, evidence: [] },
    });
  }
  observed(state: 'ok' | 'failing', agoMs = 0, what: 'write' | 'read' = 'write') {
    const sentinelAt = new Date(this.nowMs - agoMs).toISOString();
    const data = { what, state, detail: '', sentinelAt, ledgerSeq: this.lines.length };
    return this.tell({ type: 'observed', data }, { kind: 'sentinel' });
  }
  signs(seen: boolean | null) {
    return this.tell({
      type: 'detection-evaluated',
      data: { signs: [{ id: 'sign', sign: 'it is down', seen, check: null }] },
    });
  }
  started(step: string, attempt = 1) {
    const data = { step, attempt, describe: step, args: {}, by: 'machine' } as const;
    return this.tell({ type: 'step-started', data });
  }
  succeeded(step: string, attempt = 1, outputs = {}, saved = {}) {
    const data = { step, attempt, how: 'performed', outputs, saved, evidence: [] } as const;
    return this.tell({ type: 'step-succeeded', data });
  }
  failed(step: string, attempt = 1, willRetry = false) {
    const data = { step, attempt, failure: broken, evidence: [], willRetry };
    return this.tell({ type: 'step-failed', data });
  }
  ran(step: string, outputs = {}, saved = {}) {
    return this.started(step).succeeded(step, 1, outputs, saved);
  }
  checked(
    step: string,
    purpose: EventOf<'check-evaluated'>['data']['purpose'],
    check: EventOf<'check-evaluated'>['data']['check'],
    attempt = 1,
  ) {
    return this.tell({ type: 'check-evaluated', data: { step, purpose, attempt, check } });
  }
  probed(green: boolean, round = this.state.acceptance.round + 1) {
    const check = green ? pass : red;
    const checks = ['writes', 'content'].map((id) => ({ id, critical: id === 'content', check }));
    return this.tell({ type: 'acceptance-probed', data: { round, checks, green } });
  }
  survivors(missing = 0, windowMs = 0) {
    const counted = { acknowledged: 1000, present: 1000 - missing, missing, unacknowledged: 0, windowMs };
    return this.tell({
      type: 'survivors-listed',
      data: { ledger: { seq: 1, sha256: '' }, ...counted, evidence: [] },
    });
  }
  anchored() {
    return this.tell({ type: 'ledger-anchored', data: { seq: 1, sha256: '' } });
  }
  closed(leftovers: readonly string[] = []) {
    return this.tell({ type: 'environment-closed', data: { released: [], leftovers } });
  }
}

export function name(command: Command): string {
  switch (command.do) {
    case 'append':
      return `append ${command.event.type}`;
    case 'perform':
    case 'undo':
      return `${command.do} ${command.step.id}`;
    case 'check':
      return `check ${command.purpose} ${command.step.id}`;
    case 'inject':
      return `inject ${command.fault.id}`;
    default:
      return command.do;
  }
}

/** A run of the plan that has come to its first response step: environment without an observer, fault injected, sign seen. */
export function underWay(plan: Plan): Story {
  const story = new Story(plan).begin();
  story.go();
  story.environmentOpened().go();
  story.noObserver().go();
  for (const fault of plan.faults.filter((one) => one.after.phase === 'start')) {
    story.faultInjected(fault.id, fault.sabotage).go();
  }
  story.signs(true).go();
  return story;
}
