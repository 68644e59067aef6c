import { printable, shortCode } from '../base/index.js';
import {
  activePhase,
  awaited,
  deadlines,
  elapsed,
  formatClock,
  openPrompts,
  phaseElapsed,
  recoveryClock,
  stepOwner,
  stepsUnderWay,
  titleOf,
  type RunFeed,
} from '../run/index.js';

/** What a screen shows all the time, once: where, clocks, loss, what happens now and who owns it, what is due, whose turn it is. */
export function situationLines(feed: RunFeed): string[] {
  const { plan } = feed;
  const state = feed.state();
  const nowMs = feed.now();
  const steps = stepsUnderWay(plan, state).flatMap((step) => {
    const known = state.steps[step.id];
    const ms = elapsed(known?.startedAt ?? null, known?.endedAt ?? null, nowMs);
    const time = ms === null ? '' : ` for ${formatClock(ms)}`;
    const target = step.targetMs === undefined ? '' : ` of ${formatClock(step.targetMs)}`;
    return [
      `now: ${step.title}, ${known?.status ?? 'pending'}${time}${target}, ${stepOwner(plan, state, step)}`,
      ...(step.why === undefined ? [] : [`    why: ${step.why}`]),
      ...(step.ifFails === undefined ? [] : [`    if it fails: ${step.ifFails}`]),
    ];
  });
  const due = deadlines(plan, state, nowMs).map(({ step, leftMs }) => {
    const when = leftMs < 0 ? `OVERDUE by ${formatClock(-leftMs)}` : `in ${formatClock(leftMs)}`;
    return `due: ${when}, ${step.title}, ${stepOwner(plan, state, step)}`;
  });
  const turns = openPrompts(state).map((prompt) => {
    const about = prompt.step === null ? prompt.text : titleOf(plan, prompt.step);
    const waited = elapsed(prompt.openedAt, null, nowMs) ?? 0;
    const limit = prompt.timeoutMs === null ? '' : ` of ${formatClock(prompt.timeoutMs)}`;
    return `turn: ${awaited(plan, state, prompt)}, ${about}, waiting ${formatClock(waited)}${limit}`;
  });
  const held = state.held ? ['held: no new step starts until release is typed'] : [];
  return [
    `${plan.mode === 'live' ? 'LIVE' : 'DRILL'}: ${plan.runbook.title}, on ${plan.environment.name}, head ${shortCode(state.head)}`,
    recoveryLine(feed),
    phaseLine(feed),
    lossLine(feed),
    ...(steps.length > 0 ? steps : ['now: no step is under way']),
    ...due,
    ...(turns.length > 0 ? turns : ['turn: nobody has to answer']),
    ...held,
  ].map((line) => printable(line));
}

function recoveryLine(feed: RunFeed): string {
  const { rtoMs } = feed.plan.objectives;
  const clock = recoveryClock(feed.plan, feed.state(), feed.now());
  if (clock === null) return `recovery: no disruption yet, not running, RTO ${formatClock(rtoMs)}`;
  const { elapsedMs, leftMs, forecastMs, stopped, atLeast } = clock;
  const left = leftMs < 0 ? `OVER by ${formatClock(-leftMs)}` : `left ${formatClock(leftMs)}`;
  const forecast =
    forecastMs === null
      ? ''
      : `, forecast ${atLeast ? 'at least ' : ''}${formatClock(forecastMs)}${forecastMs > rtoMs ? ', LATE' : ''}`;
  return `recovery: ${formatClock(elapsedMs)} of ${formatClock(rtoMs)}${stopped ? ', stopped' : ''}, ${left}${forecast}`;
}

function phaseLine(feed: RunFeed): string {
  const state = feed.state();
  const phase = activePhase(feed.plan, state);
  const known = phase === undefined ? undefined : state.phases[phase.id];
  if (phase === undefined || known === undefined)
    return `phase: ${state.ended ? 'the run has ended' : 'between phases'}`;
  const target = phase.targetMs === undefined ? ', no target' : ` of ${formatClock(phase.targetMs)}`;
  return `phase: ${phase.title}, ${formatClock(phaseElapsed(known, feed.now()))}${target}`;
}

function lossLine(feed: RunFeed): string {
  const rpo = `RPO ${formatClock(feed.plan.objectives.rpoMs)}`;
  const { loss } = feed.state();
  if (loss) return `data loss: ${loss.missing} of ${loss.acknowledged} acknowledged commits missing, ${rpo}`;
  const observer = feed.observer();
  if (observer === null) return `data loss: not measured, nothing observes from outside, ${rpo}`;
  const { failingForMs, acknowledged } = observer;
  const failing = failingForMs === null ? '' : `, failing for ${formatClock(failingForMs)}`;
  return `data loss: not measured yet, ${acknowledged} writes acknowledged${failing}, ${rpo}`;
}
