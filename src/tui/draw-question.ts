import { printable, printableLines } from '../base/index.js';
import {
  answerer,
  awaited,
  elapsed,
  formatClock,
  openPrompts,
  type PromptState,
  promptWords,
  stepsOf,
  titleOf,
} from '../run/index.js';
import { dialogFields } from './dialogs.js';
import { drawForm } from './draw-form.js';
import { labelled, outputLines } from './draw-step.js';
import { wrapText, type Line } from './line.js';
import type { Picture } from './picture.js';
import { questionFields } from './reduce-question.js';
import { emptyDraft, type ScreenContext } from './screen-state.js';

export function contextOf(picture: Picture, page = 1, furthest = 0): ScreenContext {
  const { plan, state, nowMs, operator } = picture;
  return { plan, state, nowMs, operator, page, furthest };
}

/** The question (or the dialog) that keys go to; the form is always whole where it can be, the text gives way. */
export function drawQuestion(picture: Picture, width: number, height: number): Line[] | null {
  const { screen, plan, state } = picture;
  if (screen.dialog) {
    const { name, draft } = screen.dialog;
    return drawForm(picture, draft, (values) => dialogFields(name, plan, state, values), true, width, height);
  }
  const prompt = selectedPrompt(picture);
  if (!prompt) return null;
  const draft = screen.drafts[prompt.id] ?? emptyDraft;
  const intro = questionText(picture, prompt, width);
  const form = drawForm(
    picture,
    draft,
    questionFields(prompt, contextOf(picture)),
    screen.typing,
    width,
    Math.max(2, height - 2),
    height - intro.asked.length,
  );
  const room = Math.max(1, height - form.length);
  const text = cutIntro(intro, room);
  return [...text, ...failedOutput(picture, prompt, room - text.length), ...form].slice(0, height);
}

/** What the failed step said last, where there is room for it. */
function failedOutput(picture: Picture, prompt: PromptState, height: number): Line[] {
  return prompt.kind === 'failure' && prompt.step !== null ? outputLines(picture, prompt.step, height) : [];
}

/** The reasons go first; when the question itself does not fit, it says so. */
function cutIntro({ asked, reasons }: QuestionText, room: number): readonly Line[] {
  if (asked.length + reasons.length <= room) return [...asked, ...reasons];
  if (asked.length < room) {
    const hint: Line = [{ text: ' More of why and what if not: press i', tone: 'dim' }];
    return [...asked, ...reasons.slice(0, room - asked.length - 1), hint];
  }
  if (asked.length === room) return asked;
  const more: Line = [{ text: ` ${asked.length - room + 1} more rows: press i`, tone: 'warning' }];
  return room < 2 ? asked.slice(0, room) : [...asked.slice(0, room - 1), more];
}

export function selectedPrompt({ state, screen }: Picture): PromptState | undefined {
  const open = openPrompts(state);
  return open.find((prompt) => prompt.id === screen.selected) ?? open[0];
}

export interface QuestionText {
  readonly asked: readonly Line[];
  readonly reasons: readonly Line[];
}

/** What is asked, of whom, since when, why, and what to do if it fails. */
export function questionText(picture: Picture, prompt: PromptState, width: number): QuestionText {
  const { plan, state, nowMs, operator, screen } = picture;
  const step = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
  const waited = elapsed(prompt.openedAt, null, nowMs) ?? 0;
  const limit = prompt.timeoutMs === null ? '' : ` of ${formatClock(prompt.timeoutMs)}`;
  const late = prompt.overdue !== null || (prompt.timeoutMs !== null && waited > prompt.timeoutMs);
  const call =
    prompt.overdue === 'escalate' ? ', OVERDUE: call somebody in (p: people)' : late ? ', OVERDUE' : '';
  const by = screen.me ?? answerer(plan, state, prompt, operator);
  const whom = awaited(plan, state, prompt);
  // Said only where it is not the person asked: that is when it matters.
  const other = by.kind === 'person' && prompt.kind !== 'approve' && !whom.includes(`(${by.name})`);
  // A text that only repeats the title, which stands above it, says nothing.
  const text = printableLines(prompt.text).filter((row) => row.trim() !== step?.title);
  return {
    asked: [
      [
        { text: ` for ${whom}, waiting ${formatClock(waited)}${limit}`, tone: late ? 'warning' : 'dim' },
        { text: call, tone: 'bad', bold: true },
        { text: other ? `, you are ${by.name} (w)` : '', tone: 'dim' },
      ],
      ...text.flatMap((row) => wrapText(row, width - 2).map((one): Line => [{ text: ` ${one}` }])),
    ],
    reasons: [
      ...(prompt.kind === 'approve' || prompt.kind === 'confirm'
        ? labelled('Does', picture.describe(prompt.step ?? ''), width)
        : []),
      ...labelled('Why', step?.why, width),
      // What is asked after a failure says it already.
      ...labelled('If fails', prompt.kind === 'failure' ? undefined : step?.ifFails, width, 'dim'),
    ],
  };
}

/** `Decide: Choose the way back`, and which of several open questions this is. */
export function questionTitle({ plan, state }: Picture, prompt: PromptState): string {
  const open = openPrompts(state);
  const count = open.length > 1 ? ` (question ${open.indexOf(prompt) + 1} of ${open.length}, Tab: next)` : '';
  return `${promptWords[prompt.kind]}${prompt.step === null ? '' : `: ${printable(titleOf(plan, prompt.step))}`}${count}`;
}
