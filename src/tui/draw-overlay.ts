import { printable } from '../base/index.js';
import { stepsUnderWay, everybody, promptFields, type PromptState, stepsOf } from '../run/index.js';
import { questionText, questionTitle, selectedPrompt } from './draw-question.js';
import { checkFacts, labelled, stepFacts } from './draw-step.js';
import { allTreeLines } from './draw-tree.js';
import { keyTable } from './keys.js';
import { padText, wrapText, type Line } from './line.js';
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
      return helpLines(width);
    case 'people':
      return peopleLines(picture, width);
    case 'steps':
      return allTreeLines(picture, width);
    case 'text':
      return textLines(picture, width);
  }
}

const peopleAre =
  'Names and contacts stand under `people` of the drill or of firedrill.yaml; w says who is at this keyboard.';

/** What stands on the screen in few letters. */
const legend: readonly (readonly [string, string])[] = [
  ['RTO', 'objective: how long the service may be away'],
  ['RPO', 'objective: how much of what was confirmed may be lost, as a time'],
  ['Recovery', 'how long the service has been away; stops when it is verified'],
  ['Data loss', 'counted at the end from confirmed writes of an outside observer'],
  ['head', 'code of the record so far: note it elsewhere, it proves that nothing was changed'],
];

function helpLines(width: number): Line[] {
  const row = (name: string, text: string): Line[] =>
    wrapText(text, Math.max(10, width - 12)).map((part, index) => [
      { text: ` ${padText(index === 0 ? name : '', 10)} `, bold: true },
      { text: part },
    ]);
  return [
    ...keyTable.flatMap(({ shown, does }) => row(shown, does)),
    [],
    ...legend.flatMap(([name, text]) => row(name, text)),
  ];
}

function peopleLines({ plan, state }: Picture, width: number): Line[] {
  const all = everybody(plan, state);
  const open = all.some((one) => one.name === 'unassigned' || one.contact === 'no contact given');
  const where: Line[] = open
    ? [[], ...wrapText(peopleAre, width - 2).map((row): Line => [{ text: ` ${row}`, tone: 'dim' }])]
    : [];
  if (all.length === 0) return [[{ text: ' nobody is named in this run', tone: 'dim' }]];
  if (width < 70)
    return [
      ...all.flatMap(({ title, name, contact }): Line[] => [
        [
          { text: ` ${printable(name)}`, bold: true },
          { text: `  ${printable(title)}`, tone: 'dim' },
        ],
        ...wrapText(printable(contact), width - 4).map((row): Line => [
          { text: `   ${row}`, tone: 'accent' },
        ]),
      ]),
      ...where,
    ];
  const rows = all.map(({ title, name, contact }): Line => [
    { text: ` ${padText(printable(title), 24)} `, tone: 'dim' },
    { text: `${padText(printable(name), 24)} `, bold: true },
    { text: printable(contact), tone: 'accent' },
  ]);
  return [...rows, ...where];
}

/** What is asked for, whole: on the run's own screen long questions and options may be cut. */
function fieldLines(picture: Picture, prompt: PromptState, width: number): Line[] {
  const { plan, state, nowMs, screen } = picture;
  const values = screen.drafts[prompt.id]?.values ?? {};
  return promptFields(plan, state, prompt, values, nowMs).flatMap((field) => [
    ...labelled('Asked', field.label, width),
    ...(field.kind === 'pick'
      ? field.options.flatMap((option, index) =>
          labelled(`  ${option.key ?? String(index + 1)}`, option.label, width),
        )
      : []),
  ]);
}

function textLines(picture: Picture, width: number): Line[] {
  const prompt = selectedPrompt(picture);
  const step =
    prompt?.step == null
      ? stepsUnderWay(picture.plan, picture.state)[0]
      : stepsOf(picture.plan).get(prompt.step)?.step;
  const text = prompt ? questionText(picture, prompt, width) : null;
  const question: Line[] =
    prompt && text
      ? [
          [{ text: ` ${questionTitle(picture, prompt)}`, bold: true }],
          ...text.asked,
          ...text.reasons,
          ...fieldLines(picture, prompt, width),
          [],
        ]
      : [];
  if (!step) return prompt ? question : [[{ text: ' no step is under way', tone: 'dim' }]];
  const output = picture
    .tail(step.id, 200)
    .map((line): Line => [{ text: ` ${picture.symbols.column} ${printable(line)}`, tone: 'dim' }]);
  // The question says already what the step does, why, and what to do if it fails.
  if (prompt) return [...question, ...checkFacts(picture, step, width), ...output];
  return [[{ text: ` ${printable(step.title)}`, bold: true }], ...stepFacts(picture, step, width), ...output];
}
