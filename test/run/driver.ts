import {
  commandKey,
  type Command,
  type OperatorInput,
  type PromptState,
  type RunEvent,
} from '../../src/run/index.js';
import { ana, ben, broken, pass, red, startMs, Story } from './story.js';
import { mayBegin } from './order.js';

/** How the world answers effects, people answer questions, and what else happens; each choice is one of `n` possibilities. */
export interface World {
  /** Of `n` possibilities the first is the harmless one. */
  choose(n: number, what: string): number;
  /** Whether anybody is there to answer. */
  readonly people: boolean;
  /** Whether engines die, people interrupt, hold, skip and stop. */
  readonly trouble: boolean;
  /** A world with a memory says itself how an effect goes and what people know; without these, chance does. */
  readonly goesWell?: (command: Command) => boolean;
  readonly option?: (prompt: PromptState) => string | undefined;
}

interface Flight {
  readonly command: Command;
  readonly land: () => readonly RunEvent[];
}

export type Ending = 'finished' | 'silent' | 'endless';

/** Drives a run as the executor does, without any real effect: decide, begin, let one effect end, evolve, again. */
export class Driver {
  readonly flights = new Map<string, Flight>();
  readonly performed = new Map<string, number>();
  private crashes = 0;
  private meddled = 0;

  constructor(
    readonly story: Story,
    readonly world: World,
  ) {}

  run(rounds = 4000): Ending {
    for (let round = 0; round < rounds; round += 1) {
      if (this.world.trouble) this.makeTrouble();
      const commands = this.story.decide();
      expectShape(commands, this.story.nowMs);
      const [first] = commands;
      if (first?.do === 'finished') return 'finished';
      if (first?.do === 'append') this.story.tell(first.event, first.actor);
      else if (!this.beginOne(commands) && !this.endOne() && !this.sleep(commands)) return 'silent';
    }
    return 'endless';
  }

  crash(): void {
    this.flights.clear();
    this.story.later(30_000).take();
  }

  private beginOne(commands: readonly Command[]): boolean {
    const fresh = commands.find((command) => command.do !== 'wake' && !this.flights.has(commandKey(command)));
    if (!fresh) return false;
    if (fresh.do === 'close-environment' && this.flights.size > 0) return false;
    mayBegin(this.story, fresh);
    this.flights.set(commandKey(fresh), { command: fresh, land: this.begin(fresh) });
    return true;
  }

  private endOne(): boolean {
    const flights = [...this.flights.values()];
    const flight = flights[this.world.choose(flights.length, 'which ends')];
    if (!flight) return false;
    this.flights.delete(commandKey(flight.command));
    this.story.later(this.world.choose(3, 'duration') * 400 + 10);
    for (const event of flight.land()) this.story.tell(event);
    return true;
  }

  private sleep(commands: readonly Command[]): boolean {
    if (this.world.people && this.answerOne()) return true;
    if (this.story.state.held) return this.story.submit({ kind: 'release', by: ana }) === null;
    const wake = commands.find((command) => command.do === 'wake');
    if (!wake) return false;
    this.story.nowMs = wake.atMs;
    return true;
  }

  /** Records what is to be recorded before the effect, and gives what will be recorded after it. */
  private begin(command: Command): () => readonly RunEvent[] {
    const { story, world } = this;
    const is = (what: string) =>
      world.goesWell?.(command) ?? (world.choose(4, what) === 0 || world.choose(2, what) === 0);
    switch (command.do) {
      case 'open-environment':
        return () => [environmentOpened];
      case 'start-observer': {
        const observer = { type: 'observer-started', data: { resolutionMs: 250, ledger: 'l' } } as const;
        const none = { type: 'note-taken', data: { text: 'no observer' } } as const;
        return () => [world.choose(2, 'no observer') === 0 ? observer : none];
      }
      case 'inject': {
        const { id, sabotage } = command.fault;
        story.tell({ type: 'fault-started', data: { fault: id, describe: id } });
        const injected = { fault: id, sabotage, groundTruth: {}, proof: {}, evidence: [] };
        return () =>
          world.choose(9, 'fault fails') === 8
            ? [{ type: 'fault-failed', data: { fault: id, failure: broken } }]
            : [{ type: 'fault-injected', data: injected }];
      }
      case 'evaluate-detection':
        return () => {
          const seen = world.choose(4, 'nothing is seen') !== 3;
          return [
            { type: 'detection-evaluated', data: { signs: [{ id: 's', sign: 's', seen, check: null }] } },
          ];
        };
      case 'perform': {
        const { step, attempt } = command;
        const data = { step: step.id, attempt, describe: '', args: {}, by: 'machine' } as const;
        story.tell({ type: 'step-started', data });
        return () => this.result(step.id, attempt, step.retry.attempts, is(`perform ${step.id}`));
      }
      case 'check': {
        const { step, purpose, attempt } = command;
        return () => {
          const good = is(`check ${purpose}`);
          // By chance most steps are not done before they ran.
          const check = good === (purpose !== 'before' || world.goesWell !== undefined) ? pass : red;
          return [{ type: 'check-evaluated', data: { step: step.id, purpose, attempt, check } }];
        };
      }
      case 'probe-acceptance':
        return () => {
          const green = is('acceptance');
          const checks = [{ id: 'content', critical: true, check: green ? pass : red }];
          return [{ type: 'acceptance-probed', data: { round: command.round, checks, green } }];
        };
      case 'list-survivors':
        return () => [survivors(world.choose(3, 'survivors'))];
      case 'anchor-ledger':
        return () => [{ type: 'ledger-anchored', data: { seq: 1, sha256: '' } }];
      case 'undo': {
        const { id } = command.step;
        story.tell({ type: 'undo-started', data: { step: id, describe: '' } });
        const failure = is('undo') ? null : broken;
        return () => [{ type: 'undo-ended', data: { step: id, failure, evidence: [] } }];
      }
      case 'close-environment':
        return () => [
          { type: 'environment-closed', data: { released: [], leftovers: is('close') ? [] : ['a cluster'] } },
        ];
      default:
        throw new Error(`${command.do} is not an effect`);
    }
  }

  private result(step: string, attempt: number, attempts: number, good: boolean): readonly RunEvent[] {
    this.performed.set(step, (this.performed.get(step) ?? 0) + 1);
    const outcome = { step, attempt, evidence: [] };
    if (good)
      return [{ type: 'step-succeeded', data: { ...outcome, how: 'performed', outputs: {}, saved: {} } }];
    const willRetry = attempt < attempts && this.story.state.stop === null;
    return [{ type: 'step-failed', data: { ...outcome, failure: broken, willRetry } }];
  }

  private answerOne(): boolean {
    const open = Object.values(this.story.state.prompts).filter((one) => !one.closed);
    const prompt = open[this.world.choose(open.length, 'which prompt')];
    if (!prompt) return false;
    this.story.later(500);
    const refused = this.story.submit(this.answerTo(prompt));
    if (refused) throw new Error(`the answer to ${prompt.id} was refused: ${refused.why}`);
    return true;
  }

  private answerTo(prompt: PromptState): OperatorInput {
    const choose = (n: number, what: string) => this.world.choose(n, what);
    const before = this.story.state.steps[prompt.step ?? '']?.promptCount ?? 0;
    // People give up some time: nobody retries for ever.
    const tired = before > 6;
    const common = { kind: 'answer', prompt: prompt.id, reason: 'a reason', by: ana } as const;
    switch (prompt.kind) {
      case 'ask':
        return { ...common, answer: { severity: 'P1' } };
      case 'approve':
        return { ...common, by: ben, answer: { approve: tired || choose(4, 'approve') !== 3 } };
      case 'confirm':
        return { ...common, answer: choose(4, 'confirm') === 3 ? { cancel: true } : { typed: 'the-lab' } };
      case 'instruct':
        return { ...common, answer: { done: !tired && choose(4, 'done') !== 3 } };
      default: {
        const last = prompt.options.at(-1) ?? '';
        const known = this.world.option?.(prompt);
        const chosen = known ?? prompt.options[choose(prompt.options.length, 'option')];
        const option = prompt.kind !== 'decide' && tired ? last : chosen;
        return { ...common, answer: { option: option ?? last } };
      }
    }
  }

  private makeTrouble(): void {
    if (this.story.state.ended !== null) return;
    const kind = this.world.choose(60, 'trouble');
    if (kind === 59 && this.crashes < 4) {
      this.crashes += 1;
      this.crash();
    }
    if (this.meddled > 6) return;
    const steps = Object.keys(this.story.state.steps);
    const step = steps[this.world.choose(Math.max(1, steps.length), 'which step')] ?? '';
    const inputs: { readonly [kind: number]: OperatorInput } = {
      50: { kind: 'stop', reason: 'enough', by: ana },
      51: { kind: 'skip', step, reason: 'not today', by: ana },
      52: { kind: 'hold', reason: 'wait', by: ana },
      53: { kind: 'undo', steps: [], reason: 'back', by: ana },
      54: { kind: 'note', text: 'hm', by: ana },
    };
    const input = inputs[kind];
    if (!input) {
      this.observe(kind);
      return;
    }
    this.meddled += 1;
    this.story.submit(input);
  }

  private observe(kind: number): void {
    const { environment } = this.story.state;
    if ((kind !== 55 && kind !== 56) || environment.observer === null || environment.closed) return;
    this.story.observed(kind === 55 ? 'failing' : 'ok');
  }
}

const environmentOpened = {
  type: 'environment-opened',
  data: { name: 'the-lab', kind: 'lab', values: {}, fingerprint: {}, notExercised: [] },
} as const;

function survivors(which: number): RunEvent {
  if (which === 2) return { type: 'survivors-not-listed', data: { reason: 'no observer' } };
  const missing = which * 7;
  const counted = {
    acknowledged: 100,
    present: 100 - missing,
    missing,
    unacknowledged: 0,
    windowMs: missing * 100,
  };
  return { type: 'survivors-listed', data: { ledger: { seq: 1, sha256: '' }, ...counted, evidence: [] } };
}

/** One entry alone, or effects with at most one time to wake up, which lies ahead; never a reason to spin. */
function expectShape(commands: readonly Command[], nowMs: number): void {
  const kinds = commands.map((command) => command.do);
  const alone = kinds.includes('append') || kinds.includes('finished');
  if (alone && kinds.length !== 1) throw new Error(`not alone: ${kinds.join(', ')}`);
  const wakes = commands.flatMap((command) => (command.do === 'wake' ? [command.atMs] : []));
  if (wakes.length > 1) throw new Error('more than one wake');
  if (wakes.some((atMs) => atMs <= nowMs))
    throw new Error(`woken in the past: ${wakes.join(', ')} <= ${nowMs}`);
  const keys = commands.map(commandKey);
  if (new Set(keys).size !== keys.length) throw new Error(`the same command twice: ${keys.join(', ')}`);
}

export function begun(plan: Story['plan']): Story {
  const story = new Story(plan).begin();
  story.nowMs = startMs;
  return story;
}
