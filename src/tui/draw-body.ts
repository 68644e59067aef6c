import { printable } from '../base/index.js';
import { drawEnd } from './draw-end.js';
import { drawFullLog, drawLog } from './draw-log.js';
import { drawOverlay, viewTitles } from './draw-overlay.js';
import { dialogTitles } from './dialogs.js';
import { drawQuestion, questionTitle, selectedPrompt } from './draw-question.js';
import { drawStep } from './draw-step.js';
import { drawTree } from './draw-tree.js';
import { cutText, fitLine, widthOf, type Line, type Tone } from './line.js';
import { stepsUnderWay } from '../run/index.js';
import type { Picture, Scrolled } from './picture.js';

/** From this width on the steps stand beside what is asked and the log. */
const wideFrom = 110;

/** All between header and footer, exactly `height` rows. */
export function drawBody(picture: Picture, height: number): Scrolled {
  const { columns } = picture.size;
  const { view, dialog } = picture.screen;
  if (view !== 'run' && dialog === null) {
    const titled = height >= 6;
    const room = titled ? height - 1 : height;
    const inner =
      view === 'log' ? drawFullLog(picture, columns, room) : drawOverlay(picture, view, columns, room);
    const title = titled ? [rule(picture, viewTitles[view], columns)] : [];
    return { ...inner, lines: fill([...title, ...inner.lines], height) };
  }
  return columns >= wideFrom ? wideBody(picture, height) : narrowBody(picture, height);
}

function wideBody(picture: Picture, height: number): Scrolled {
  const { columns } = picture.size;
  const left = Math.max(46, Math.min(80, Math.floor(columns * 0.4)));
  const right = columns - left - 1;
  const main = mainPanel(picture, right, Math.max(4, Math.ceil(height * 0.6)) - 1);
  const panel = fill(main.lines, Math.max(main.lines.length, Math.min(Math.ceil(height * 0.4), 14)));
  const log = drawLog(picture, right, Math.max(1, height - panel.length - 2));
  const rightLines = fill(
    [rule(picture, main.title, right, main.tone), ...panel, rule(picture, 'Log', right), ...log.lines],
    height,
  );
  const leftLines = fill([rule(picture, 'Steps', left), ...drawTree(picture, left, height - 1)], height);
  const lines = leftLines.map((line, row): Line => [
    ...fitLine(line, left),
    { text: picture.symbols.column, tone: 'dim' },
    ...(rightLines[row] ?? []),
  ]);
  return { ...log, lines };
}

function narrowBody(picture: Picture, height: number): Scrolled {
  const { columns } = picture.size;
  const asked = drawQuestion(picture, columns, height) !== null || picture.state.ended !== null;
  if (height < 9) {
    const lines = titled(mainPanel(picture, columns, height - 1));
    const log = drawLog(picture, columns, Math.max(0, height - lines.length));
    return { ...log, page: height, lines: fill([...lines, ...log.lines], height) };
  }
  const logLeast = height >= 18 ? 4 : 2;
  const treeLeast = height >= 18 ? 6 : 3;
  const room = height - 3 - logLeast - treeLeast;
  const main = mainPanel(
    picture,
    columns,
    asked ? room : Math.min(room, Math.max(5, Math.floor(height / 2))),
  );
  const spare = height - 3 - main.lines.length;
  const tree = drawTree(
    picture,
    columns,
    Math.max(treeLeast, asked ? Math.floor(spare * 0.6) : Math.ceil(spare * 0.65)),
  );
  const log = drawLog(picture, columns, spare - tree.length);
  const lines = [
    rule(picture, 'Steps', columns),
    ...tree,
    rule(picture, main.title, columns, main.tone),
    ...main.lines,
    rule(picture, 'Log', columns),
    ...log.lines,
  ];
  return { ...log, lines: fill(lines, height) };
}

interface Panel {
  readonly title: string;
  readonly tone: Tone;
  readonly lines: readonly Line[];
}

function mainPanel(picture: Picture, width: number, height: number): Panel {
  const { plan, state, screen } = picture;
  const question = drawQuestion(picture, width, height);
  if (question) return { ...questionHead(picture), lines: question };
  if (state.ended) return { title: 'End', tone: 'accent', lines: drawEnd(picture, width, height) };
  const [step] = stepsUnderWay(plan, state);
  const title = step ? `Now: ${printable(step.title)}` : screen.view === 'run' ? 'Now' : '';
  return { title, tone: 'accent', lines: drawStep(picture, width, height) };
}

function questionHead(picture: Picture): { title: string; tone: Tone } {
  const { dialog } = picture.screen;
  if (dialog) return { title: dialogTitles[dialog.name], tone: dialog.name === 'stop' ? 'bad' : 'accent' };
  const prompt = selectedPrompt(picture);
  if (!prompt) return { title: '', tone: 'accent' };
  return { title: questionTitle(picture, prompt), tone: prompt.kind === 'failure' ? 'bad' : 'warning' };
}

/** On a small terminal a title in the place of a rule. */
function titled(panel: Panel): Line[] {
  return [[{ text: ` ${panel.title}`, bold: true, tone: panel.tone }], ...panel.lines];
}

export function rule({ symbols }: Picture, title: string, width: number, tone: Tone = 'accent'): Line {
  const text = cutText(title, width - 6);
  const head: Line = [{ text: `${symbols.rule} `, tone: 'dim' }, { text, tone, bold: true }, { text: ' ' }];
  return [...head, { text: symbols.rule.repeat(Math.max(0, width - widthOf(head))), tone: 'dim' }];
}

function fill(lines: readonly Line[], height: number): Line[] {
  const filled = lines.slice(0, height);
  while (filled.length < height) filled.push([]);
  return filled;
}
