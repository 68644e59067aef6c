import type { Expectation, Json, JsonObject, Position } from '../base/index.js';

export const clockPoints = [
  'disruption',
  'detected',
  'declared',
  'recovery-started',
  'service-verified',
] as const;
/** The five points of the recovery clock. */
export type ClockPoint = (typeof clockPoints)[number];

/** What may be done with a step that had started when the engine died: again, again, or only after asking. */
export type Effect = 'read' | 'idempotent' | 'once';
export type Mode = 'drill' | 'live';

/** A reference to an action with its arguments; `with` may hold `${…}`. */
export interface ActionCall {
  readonly uses: string;
  readonly with: JsonObject;
  /** For a check: what the outputs must be. Absent: the output `ok` must be true. */
  readonly expect?: { readonly [output: string]: Expectation };
}

export type Condition =
  | { readonly step: string; readonly is: 'succeeded' | 'failed' | 'skipped' }
  | { readonly answer: string; readonly equals: Json }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

export interface Approval {
  /** Roles of whom one must approve. */
  readonly by: readonly string[];
  /** `executor`: the person who carries the step out may not approve it. */
  readonly not?: 'executor';
  /** The role that may go on alone with a typed reason; recorded as a deviation, caps the score. */
  readonly breakGlass?: string;
}

export type Field =
  | { readonly kind: 'choice'; readonly prompt: string; readonly options: readonly string[] }
  | { readonly kind: 'text'; readonly prompt: string; readonly maxLength: number }
  | { readonly kind: 'number'; readonly prompt: string; readonly min?: number; readonly max?: number }
  | { readonly kind: 'time'; readonly prompt: string }
  | { readonly kind: 'confirm'; readonly prompt: string };

interface StepCommon {
  readonly id: string;
  readonly title: string;
  readonly position: Position;
  readonly why?: string;
  readonly ifFails?: string;
  readonly role?: string;
  readonly targetMs?: number;
  readonly timeoutMs?: number;
  /** What happens when a person does not answer in time; nothing that proceeds. Default `remind`. */
  readonly onTimeout: 'remind' | 'escalate' | 'fail';
  readonly when?: Condition;
  readonly effect: Effect;
  readonly retry: { readonly attempts: number; readonly backoffMs: number };
  readonly check?: ActionCall;
  readonly undo?: ActionCall | { readonly none: string };
  /** After the last attempt. Default: `ask` where people answer, `stop` in an unattended drill. */
  readonly onFailure: 'stop' | 'ask' | 'continue';
  readonly because?: string;
  readonly approve?: Approval;
  /** Name in the run → name of the action's output; readable as `${steps.<id>.<name>}`. */
  readonly saves: { readonly [name: string]: string };
  readonly marks?: ClockPoint;
  readonly due?: { readonly withinMs: number; readonly of: ClockPoint };
  readonly evidence: readonly string[];
  /** Keys that `drill:` or `live:` replaced, for `plan` to show. */
  readonly overridden: readonly string[];
}

export interface UsesStep extends StepCommon {
  readonly form: 'uses';
  readonly call: ActionCall;
  readonly destroys: boolean;
}
export interface AskStep extends StepCommon {
  readonly form: 'ask';
  readonly fields: { readonly [name: string]: Field };
}
export interface DecideStep extends StepCommon {
  readonly form: 'decide';
  readonly prompt: string;
  /** May hold `${…}`; names one of the options when filled in. */
  readonly suggest?: string;
  readonly options: readonly {
    readonly id: string;
    readonly title: string;
    readonly steps: readonly Step[];
  }[];
}
export interface InstructStep extends StepCommon {
  readonly form: 'instruct';
  readonly text: string;
}
export interface WaitStep extends StepCommon {
  readonly form: 'wait';
  readonly until:
    | { readonly kind: 'duration'; readonly ms: number }
    | { readonly kind: 'check'; readonly call: ActionCall; readonly everyMs: number }
    /** The acceptance window: all checks green, unbroken, for the hold; stops the recovery clock. */
    | { readonly kind: 'acceptance'; readonly everyMs: number };
}
export interface ParallelStep extends StepCommon {
  readonly form: 'parallel';
  readonly steps: readonly Step[];
}
export type Step = UsesStep | AskStep | DecideStep | InstructStep | WaitStep | ParallelStep;

/**
 * `before` and `after`: the drill's checklists, outside the measured response. `response`: the runbook's phases, in order.
 * `always`: obligations that run whatever happened.
 */
export type Stage = 'before' | 'response' | 'always' | 'after';

export interface Phase {
  readonly id: string;
  readonly title: string;
  readonly stage: Stage;
  readonly targetMs?: number;
  readonly steps: readonly Step[];
}

export interface DetectionSign {
  readonly id: string;
  readonly sign: string;
  /** Absent: only a person can see this sign. */
  readonly check?: ActionCall;
}

export interface AcceptanceCheck {
  readonly id: string;
  readonly call: ActionCall;
  readonly critical: boolean;
  readonly weight: number;
}

export interface Person {
  readonly name: string;
  readonly contact?: string;
}

export interface PlannedFault {
  readonly id: string;
  readonly inject: string;
  readonly with: JsonObject;
  /** `start`: before the first response phase; else the id of the phase whose beginning starts the delay. */
  readonly after: { readonly phase: string; readonly delayMs: number };
  /** A sabotage breaks the recovery itself and is no disruption of its own. */
  readonly sabotage: boolean;
}

/** One declared answer an unattended run gives; see `answers` in a drill. */
export interface ScriptedAnswers {
  /** Step id → field → value (ask), or `{option}` (decide), or `{done: true}` (instruct), or `{approve: true}`. */
  readonly steps: { readonly [step: string]: JsonObject };
  /** What to choose when a step fails, and on resume for a step of unknown outcome. */
  readonly onFailure?: 'retry' | 'skip' | 'abort';
  readonly onResume?: 'again' | 'done' | 'abort';
  /** Step id → how long, in milliseconds, the run waits for somebody who never comes. */
  readonly absent?: { readonly [step: string]: number };
}

export interface MessageTemplate {
  readonly id: string;
  readonly audience: string;
  readonly subject: string;
  readonly body: string;
  readonly required: boolean;
}

export type CategoryKey = 'R' | 'V' | 'X' | 'P' | 'C' | 'S' | 'E';

export interface Rubric {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly categories: readonly {
    readonly key: CategoryKey;
    readonly title: string;
    /** The weights of all categories sum to 100. */
    readonly weight: number;
  }[];
  /** Ids of the caps that apply (`CF-01` …); their limits are part of the formula version. */
  readonly caps: readonly string[];
}

/** What a run's record can and cannot show about one clause of a standard; data under `drills/controls/`. */
export interface ControlMapping {
  readonly standard: string;
  readonly clause: string;
  readonly title: string;
  /** To whom or when it applies, in a few words. */
  readonly applies: string;
  readonly strength: 'demonstrates' | 'supports' | 'not-covered';
  /** Which part of the record speaks to it. */
  readonly shows: string;
  readonly doesNotProve: string;
}

/** A frozen copy of one file that the plan was made from. */
export interface SourceCopy {
  readonly path: string;
  readonly sha256: string;
  readonly text: string;
}

export interface EnvironmentPlan {
  readonly name: string;
  readonly kind: 'lab' | 'declared';
  /** The environment's section of `firedrill.yaml`, validated, defaults filled in; no secrets. */
  readonly settings: JsonObject;
}

/** Figures of the last run of the same runbook, frozen so that the report can be rendered again for ever. */
export interface EarlierRun {
  readonly runId: string;
  readonly endedAt: string;
  readonly rtaMs: number | null;
  readonly lostCommits: number | null;
  readonly score: number | null;
  readonly rating: string;
}

/**
 * All that a run needs to know, resolved and frozen: written once as `plan.json`, hashed into the journal's first entry.
 * Pure data; what it holds never changes while the run lasts. Arguments may hold `${…}` that only the run can fill in.
 */
export interface Plan {
  readonly apiVersion: 'firedrill/v1';
  readonly versions: { readonly tool: string; readonly formula: string; readonly renderer: string };
  readonly mode: Mode;
  readonly unattended: boolean;
  readonly runbook: {
    readonly id: string;
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly severity: string;
  };
  readonly drill?: { readonly id: string; readonly title: string; readonly scheduled?: string };
  readonly objectives: { readonly rtoMs: number; readonly rpoMs: number; readonly expectedMs?: number };
  readonly roles: { readonly [role: string]: { readonly title: string } };
  readonly people: { readonly [role: string]: Person };
  readonly observer?: Person;
  readonly inputs: JsonObject;
  readonly environment: EnvironmentPlan;
  readonly load?: { readonly writesPerSecond: number };
  readonly detection: readonly DetectionSign[];
  readonly acceptance?: { readonly holdMs: number; readonly checks: readonly AcceptanceCheck[] };
  readonly phases: readonly Phase[];
  readonly faults: readonly PlannedFault[];
  readonly answers: ScriptedAnswers;
  readonly messages: readonly MessageTemplate[];
  readonly rubric: Rubric;
  readonly sources: readonly SourceCopy[];
  readonly earlier?: EarlierRun;
  readonly controls?: readonly ControlMapping[];
}
