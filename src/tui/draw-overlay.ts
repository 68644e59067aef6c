import { printable } from '../base/index.js';
import { stepsOf } from '../run/index.js';
import { questionText, questionTitle, selectedPrompt } from './draw-question.js';
import { stepFacts } from './draw-step.js';
import { allTreeLines } from './draw-tree.js';
import { keyTable } from './keys.js';
import { padText, wrapText, type Line } from './line.js';
import { currentSteps } from './now.js';
import type { Picture, Scrolled } from './picture.js';
import type { View } from './screen-state.js';

export const viewTitles: { readonly [view in Exclude<View, 'run'>]: string } = {
  help: 'Keys',
  people: 'People and how to reach them',
  log: 'Log',
  steps: 'Phases and steps',
  text: 'Full text',
};

/** A view that fills the body, scrolled down from its top. */
export function drawOverlay(
  picture: Picture,
  view: Exclude<View, 'run' | 'log'>,
  width: number,
  height: number,
): Scrolled {
  const all = linesOf(picture, view, width);
  const furthest = Math.max(0, all.length - height);
  const from = Math.min(furthest, picture.screen.scroll);
  const lines = all.slice(from, from + height);
  const below = all.length - from - height;
  if (below > 0 && lines.length > 1)
    lines[lines.length - 1] = [
      { text: ` ${picture.symbols.down} ${below + 1} more rows: PgDn`, tone: 'dim' },
    ];
  return { lines, page: height, furthest };
}

function linesOf(picture: Picture, view: Exclude<View, 'run' | 'log'>, width: number): Line[] {
  switch (view) {
    case 'help':
      return keyTable.map((row) => [{ text: ` ${padText(row.shown, 10)} `, bold: true }, { text: row.does }]);
    case 'people':
      return peopleLines(picture, width);
    case 'steps':
      return allTreeLines(picture, width);
    case 'text':
      return textLines(picture, width);
  }
}

function peopleLines({ plan, state }: Picture, width: number): Line[] {
  const roles = Object.entries(plan.roles).map(([role, { title }]) => ({
    title,
    name: state.people[role]?.name ?? plan.people[role]?.name ?? 'unassigned',
    contact: plan.people[role]?.contact ?? 'no contact given',
  }));
  const observer = plan.observer
    ? [{ title: 'Observer', name: plan.observer.name, contact: plan.observer.contact ?? 'no contact given' }]
    : [];
  const all = [...roles, ...observer];
  if (all.length === 0) return [[{ text: ' nobody is named in this run', tone: 'dim' }]];
  if (width < 70)
    return all.flatMap(({ title, name, contact }): Line[] => [
      [
        { text: ` ${printable(name)}`, bold: true },
        { text: `  ${printable(title)}`, tone: 'dim' },
      ],
      ...wrapText(printable(contact), width - 4).map((row): Line => [{ text: `   ${row}`, tone: 'accent' }]),
    ]);
  return all.map(({ title, name, contact }) => [
    { text: ` ${padText(printable(title), 24)} `, tone: 'dim' },
    { text: `${padText(printable(name), 24)} `, bold: true },
    { text: printable(contact), tone: 'accent' },
  ]);
}

function textLines(picture: Picture, width: number): Line[] {
  const prompt = selectedPrompt(picture);
  const step =
    prompt?.step == null
      ? currentSteps(picture.plan, picture.state)[0]
      : stepsOf(picture.plan).get(prompt.step)?.step;
  const text = prompt ? questionText(picture, prompt, width) : null;
  const question: Line[] =
    prompt && text
      ? [[{ text: ` ${questionTitle(picture, prompt)}`, bold: true }], ...text.asked, ...text.reasons, []]
      : [];
  if (!step) return prompt ? question : [[{ text: ' no step is under way', tone: 'dim' }]];
  const output = picture
    .tail(step.id, 200)
    .map((line): Line => [{ text: ` ${picture.symbols.column} ${printable(line)}`, tone: 'dim' }]);
  return [
    ...question,
    [{ text: ` ${printable(step.title)}`, bold: true }],
    ...stepFacts(picture, step, width),
    ...output,
  ];
}
