import { sha256Hex } from '../../src/base/index.js';
import type { LedgerLine, RunRecord } from '../../src/assessment/index.js';
import type { Plan } from '../../src/language/index.js';
import type { Actor, CheckRecord, Entry, EventOf, EventType, RunEvent } from '../../src/run/index.js';
import { makePlan } from './plan-fixture.js';

export const engine: Actor = { kind: 'engine' };
export const ana: Actor = { kind: 'person', name: 'Ana', role: 'incident-commander' };
export const ben: Actor = { kind: 'person', name: 'Ben', role: 'database-lead' };
export const olga: Actor = { kind: 'person', name: 'Olga', role: 'observer' };
export const scripted: Actor = { kind: 'scripted' };

export const pass: CheckRecord = { verdict: 'pass', results: [] };
export const fail: CheckRecord = {
  verdict: 'fail',
  results: [{ name: 'ok', expected: { equals: true }, actual: false, met: false }],
};
export const notRun: CheckRecord = { verdict: 'not-run', results: [], reason: 'the database is unreachable' };

type LedgerPart = LedgerLine extends infer Line
  ? Line extends LedgerLine
    ? Omit<Line, 'v' | 'seq' | 'prev' | 'at'>
    : never
  : never;

/** Writes a run as it would have happened: time moves on by `wait`, every entry gets its place on both clocks. */
export class RecordBuilder {
  readonly entries: Entry[] = [];
  readonly ledger: LedgerLine[] = [];
  survivors: number[] | null = null;
  nowMs = Date.parse('2027-01-17T01:00:00.000Z');
  private session = 's1';
  private origin = this.nowMs;
  private skewMs = 0;

  constructor(readonly plan: Plan = makePlan()) {}

  /** Milliseconds pass on both clocks. */
  wait(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** Somebody moves the wall clock; the monotonic one does not notice. */
  stepClock(ms: number): this {
    this.skewMs += ms;
    return this;
  }

  at(): string {
    return new Date(this.nowMs + this.skewMs).toISOString();
  }

  add<T extends EventType>(type: T, data: EventOf<T>['data'], actor: Actor = engine): this {
    const event = { type, data } as unknown as RunEvent;
    this.entries.push({
      v: 1,
      seq: this.entries.length + 1,
      prev: '0'.repeat(64),
      at: this.at(),
      mono: this.nowMs - this.origin,
      session: this.session,
      actor,
      ...event,
    });
    return this;
  }

  /** The engine died and another took over after `gapMs`. */
  resume(gapMs: number): this {
    this.wait(gapMs);
    this.session = `s${Number(this.session.slice(1)) + 1}`;
    this.origin = this.nowMs;
    return this.add('session-started', {
      session: this.session,
      pid: 2,
      bootId: 'b',
      resumed: true,
      gapMs,
      orphansEnded: [],
      tornBytes: 0,
    });
  }

  ledgerLine(part: LedgerPart): this {
    this.ledger.push({
      v: 1,
      seq: this.ledger.length + 1,
      prev: '0'.repeat(64),
      at: this.at(),
      ...part,
    });
    return this;
  }

  commits(first: number, count: number, everyMs: number): this {
    for (let id = first; id < first + count; id += 1)
      this.ledgerLine({ kind: 'commit', id, latencyMs: 2 }).wait(everyMs);
    return this;
  }

  mark(
    point: EventOf<'clock-marked'>['data']['point'],
    by: EventOf<'clock-marked'>['data']['by'],
    actor = engine,
  ): this {
    return this.add('clock-marked', { point, at: this.at(), by, because: `${point} happened` }, actor);
  }

  seq(type: EventType): number {
    return this.entries.find((entry) => entry.type === type)?.seq ?? -1;
  }

  record(more: Partial<RunRecord> = {}): RunRecord {
    return {
      plan: this.plan,
      planSha256: sha256Hex('plan'),
      entries: this.entries,
      head: sha256Hex(`head ${this.entries.length}`),
      ledger: this.ledger,
      survivors: this.survivors,
      evidence: [],
      ...more,
    };
  }
}
