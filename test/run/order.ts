import type { Step } from '../../src/language/index.js';
import type { Command, Entry } from '../../src/run/index.js';
import type { Story } from './story.js';

/**
 * What must have come before an effect, read from the entries alone and by other means than the code under test uses.
 * Throws when an effect is commanded too early.
 */
export function mayBegin(story: Story, command: Command): void {
  const { entries, plan } = story;
  const must = (met: boolean, what: string) => {
    if (!met) throw new Error(`${command.do} ${'step' in command ? command.step.id : ''} commanded ${what}`);
  };
  const session = entries.findLast((entry) => entry.type === 'session-started')?.data.session;
  const inSession = entries.filter((entry) => entry.session === session);
  const has = (list: readonly Entry[], type: Entry['type']) => list.some((entry) => entry.type === type);
  const stopped = has(entries, 'stop-requested');
  must(!has(entries, 'run-ended'), 'after the end');
  if (command.do === 'open-environment') return;
  if (command.do === 'close-environment') {
    const running = stepsRunning(inSession);
    must(running.length === 0, `while ${running.join()} runs`);
    const response = stopped ? [] : plan.phases.filter((phase) => phase.stage === 'always');
    for (const phase of response) must(left(entries, phase.id), `before ${phase.id} was left`);
    return;
  }
  must(has(inSession, 'environment-opened'), 'before the environment was opened in this session');
  must(!has(entries, 'environment-closed'), 'after the environment was closed');
  if (command.do === 'inject') must(!stopped, 'after a stop');
  if (command.do !== 'perform' && command.do !== 'check') return;
  const place = placeOf(plan.phases, command.step.id);
  if (!place) throw new Error('unknown step');
  const { phase, path } = place;
  must(
    has(entries, 'phase-entered') && entered(entries, phase.id) && !left(entries, phase.id),
    'outside its phase',
  );
  if (phase.stage !== 'always') must(!stopped, 'after a stop');
  if (phase.stage === 'response') must(has(entries, 'detection-evaluated'), 'before detection');
  if (phase.stage === 'response')
    for (const fault of plan.faults.filter((one) => one.after.phase === 'start'))
      must(
        entries.some((entry) => entry.type === 'fault-injected' && entry.data.fault === fault.id),
        `before fault ${fault.id}`,
      );
  for (const { earlier, option } of path) {
    for (const step of earlier) must(ended(entries, step.id), `before ${step.id} ended`);
    if (option)
      must(
        entries.some(
          (entry) =>
            entry.type === 'step-succeeded' &&
            entry.data.step === option.decide &&
            entry.data.outputs['option'] === option.id,
        ),
        `before ${option.id} was chosen`,
      );
  }
  if (command.do === 'perform') mayPerform(story, command.step, command.attempt, session ?? '', must);
}

function mayPerform(
  { entries, plan, state }: Story,
  step: Step,
  attempt: number,
  session: string,
  must: (met: boolean, what: string) => void,
): void {
  must(!state.held || state.stop !== null, 'while held');
  must(!ended(entries, step.id), 'after its end');
  const answers = entries.flatMap((entry) => {
    if (entry.type !== 'prompt-answered' || !entry.data.prompt.startsWith(`${step.id}/`)) return [];
    return [{ kind: entry.data.prompt.split('/')[1], answer: entry.data.answer, actor: entry.actor }];
  });
  if (step.approve)
    must(
      answers.some(
        ({ kind, answer }) =>
          kind === 'approve' && (answer['approve'] === true || answer['breakGlass'] === true),
      ),
      'without four eyes',
    );
  const scripted = plan.unattended && plan.mode === 'drill';
  if (step.form === 'uses' && step.destroys && !scripted)
    must(
      answers.some(({ kind, answer }) => kind === 'confirm' && answer['typed'] === 'the-lab'),
      'unconfirmed',
    );
  if (step.check && step.effect !== 'read') {
    const seen = entries.findLast(
      (entry) =>
        entry.type === 'check-evaluated' &&
        entry.data.step === step.id &&
        entry.data.purpose === 'before' &&
        entry.data.attempt === attempt &&
        entry.session === session,
    );
    must(seen?.type === 'check-evaluated' && seen.data.check.verdict !== 'pass', 'without its check before');
  }
  const startedOnce = entries.findLastIndex(
    (entry) => entry.type === 'step-started' && entry.data.step === step.id,
  );
  const resultAfter = entries.findLastIndex(
    (entry) =>
      (entry.type === 'step-failed' || entry.type === 'step-succeeded') && entry.data.step === step.id,
  );
  if (step.effect === 'once' && startedOnce > resultAfter)
    must(
      answers.some(({ kind, answer }) => kind === 'resume' && answer['option'] === 'again'),
      'twice',
    );
}

function stepsRunning(entries: readonly Entry[]): string[] {
  const running = new Set<string>();
  for (const entry of entries) {
    if (entry.type === 'step-started' && entry.data.by === 'machine') running.add(entry.data.step);
    if (
      ['step-succeeded', 'step-failed', 'step-given-up', 'step-skipped'].includes(entry.type) &&
      'step' in entry.data
    )
      running.delete(entry.data.step ?? '');
  }
  return [...running];
}

const entered = (entries: readonly Entry[], phase: string) =>
  entries.some((entry) => entry.type === 'phase-entered' && entry.data.phase === phase);
const left = (entries: readonly Entry[], phase: string) =>
  entries.some((entry) => entry.type === 'phase-left' && entry.data.phase === phase);
const ended = (entries: readonly Entry[], step: string) =>
  entries.some(
    (entry) =>
      (entry.type === 'step-succeeded' || entry.type === 'step-given-up' || entry.type === 'step-skipped') &&
      entry.data.step === step,
  );

interface Place {
  readonly phase: Story['plan']['phases'][number];
  /** On each level: the steps before it, and the choice that leads to the level. */
  readonly path: readonly {
    readonly earlier: readonly Step[];
    readonly option?: { readonly decide: string; readonly id: string };
  }[];
}

function placeOf(phases: Story['plan']['phases'], id: string): Place | null {
  const find = (
    steps: readonly Step[],
    path: Place['path'],
    option?: { decide: string; id: string },
  ): Place['path'] | null => {
    for (const [index, step] of steps.entries()) {
      const here = [...path, { earlier: steps.slice(0, index), ...(option ? { option } : {}) }];
      if (step.id === id) return here;
      if (step.form === 'parallel')
        for (const child of step.steps) {
          const found = find([child], here);
          if (found) return found;
        }
      if (step.form === 'decide')
        for (const one of step.options) {
          const found = find(one.steps, here, { decide: step.id, id: one.id });
          if (found) return found;
        }
    }
    return null;
  };
  for (const phase of phases) {
    const path = find(phase.steps, []);
    if (path) return { phase, path };
  }
  return null;
}
