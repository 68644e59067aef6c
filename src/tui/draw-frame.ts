import { printable } from '../base/index.js';
import { stepsUnderWay, formatClock, recoveryClock } from '../run/index.js';
import { drawBody } from './draw-body.js';
import { drawFooter } from './draw-footer.js';
import { drawHeader } from './draw-header.js';
import { cutLine, type Line } from './line.js';
import type { Frame, Picture } from './picture.js';
import { asciiSymbols } from './symbols.js';

/** Below this only the essentials are shown. */
const least = { columns: 34, rows: 8 };

/** The whole screen: at most `rows` rows of at most `columns` cells, whatever the run holds. */
export function drawFrame(picture: Picture): Frame {
  const { columns, rows } = picture.size;
  const frame = columns < least.columns || rows < least.rows ? essentials(picture) : wholeFrame(picture);
  const lines = frame.lines.slice(0, rows).map((line) => cutLine(line, columns));
  return { ...frame, lines: picture.symbols === asciiSymbols ? lines.map(toAscii) : lines };
}

function wholeFrame(picture: Picture): Frame {
  const { columns, rows } = picture.size;
  const header = drawHeader(picture);
  const footer = drawFooter(picture);
  const line: Line[] = rows >= 16 ? [[{ text: picture.symbols.rule.repeat(columns), tone: 'dim' }]] : [];
  const body = drawBody(picture, rows - header.length - footer.length - line.length);
  return { ...body, lines: [...header, ...body.lines, ...line, ...footer] };
}

function essentials(picture: Picture): Frame {
  const { plan, state, nowMs } = picture;
  const clock = recoveryClock(plan, state, nowMs);
  const [step] = stepsUnderWay(plan, state);
  const footer = drawFooter({ ...picture, size: { ...picture.size, rows: 8 } });
  const mode = `${plan.mode === 'live' ? 'LIVE' : 'DRILL'} ${clock ? formatClock(clock.elapsedMs) : 'not running'}`;
  const lines: Line[] = [
    [{ text: mode, bold: true, tone: plan.mode === 'live' ? 'live' : 'drill' }],
    [{ text: step ? printable(step.title) : 'no step under way' }],
    ...footer,
    [{ text: 'enlarge the terminal', tone: 'dim' }],
  ];
  return { lines, page: 1, furthest: 0 };
}

/** On a terminal without UTF-8 nothing else can be shown. */
function toAscii(line: Line): Line {
  return line.map((span) => ({
    ...span,
    text: span.text
      .replaceAll('…', '~')
      .replace(/[–—]/gu, '-')
      .replace(/[^ -~]/gu, '?'),
  }));
}
