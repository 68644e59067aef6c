import { printable, shortCode } from '../base/index.js';
import { activePhase, stepsUnderWay, formatClock, ownerOf, recoveryClock } from '../run/index.js';
import { drawEnd } from './draw-end.js';
import { drawFooter } from './draw-footer.js';
import { drawQuestion, questionTitle, selectedPrompt } from './draw-question.js';
import { cutLine, type Line } from './line.js';
import { drawOverlay } from './draw-overlay.js';
import { drawLog } from './draw-log.js';
import type { Frame, Picture } from './picture.js';
import type { View } from './screen-state.js';

/** For screen readers: sentences from top to bottom, no columns, no bars; clocks in whole minutes, so that little is read again. */
export function drawLinear(picture: Picture): Frame {
  const { columns, rows } = picture.size;
  const still = { ...picture, nowMs: Math.floor(picture.nowMs / 60_000) * 60_000 };
  const { view } = picture.screen;
  const footer = drawFooter({ ...still, size: { columns: 400, rows } });
  const facts = factLines(still);
  const room = Math.max(2, rows - facts.length - footer.length - 1);
  const body = view === 'run' || picture.screen.dialog ? null : overlay(still, view, columns, room);
  const question = drawQuestion(still, columns, room);
  const events = drawLog(still, columns, Math.max(0, Math.min(5, room - (question?.length ?? 0))));
  const prompt = selectedPrompt(still);
  const asked: Line[] =
    question && prompt && !picture.screen.dialog ? [[{ text: questionTitle(still, prompt) }]] : [];
  const main = body?.lines ?? [...events.lines, ...asked, ...(question ?? [])];
  const lines = [...facts, ...main, ...footer].filter((line) => line.some((span) => span.text.trim() !== ''));
  return {
    lines: lines.slice(0, rows - 1).map((line) => cutLine(line, columns)),
    page: body?.page ?? events.page,
    furthest: body?.furthest ?? events.furthest,
  };
}

function overlay(picture: Picture, view: Exclude<View, 'run'>, columns: number, room: number): Frame {
  return view === 'log' ? drawLog(picture, columns, room) : drawOverlay(picture, view, columns, room);
}

function factLines(picture: Picture): Line[] {
  const { plan, state, nowMs } = picture;
  const clock = recoveryClock(plan, state, nowMs);
  const phase = activePhase(plan, state);
  const recovery = clock
    ? `Recovery clock ${formatClock(clock.elapsedMs)} of ${formatClock(plan.objectives.rtoMs)}${clock.stopped ? ', stopped' : clock.leftMs < 0 ? ', over' : `, ${formatClock(clock.leftMs)} left`}.`
    : 'Recovery clock not running.';
  const steps = stepsUnderWay(plan, state).map((step) => {
    const owner = step.role === undefined ? '' : `, ${ownerOf(plan, state.people, step.role)}`;
    return `${printable(step.title)}, ${state.steps[step.id]?.status ?? 'pending'}${owner}.`;
  });
  const mode = plan.mode === 'live' ? 'LIVE incident' : 'DRILL';
  const texts = [
    `${mode}: ${printable(plan.runbook.title)}, on ${printable(plan.environment.name)}. Head ${shortCode(state.head)}.`,
    recovery,
    ...(phase ? [`Phase: ${printable(phase.title)}.`] : []),
    ...steps.map((text) => `Now: ${text}`),
    ...(state.held ? ['Held: no new step starts.'] : []),
  ];
  return [...texts.map((text): Line => [{ text }]), ...drawEnd(picture, picture.size.columns, 8)];
}
