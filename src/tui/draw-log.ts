import { padText, widthOf, wrapText, type Line, type Tone } from './line.js';
import type { Picture, Scrolled } from './picture.js';
import type { LoggedEvent } from './run-log.js';

const tones: { readonly [level in LoggedEvent['level']]: Tone } = {
  info: 'plain',
  good: 'good',
  warning: 'warning',
  bad: 'bad',
  ask: 'accent',
};

/** The last events in `height` rows, one a row, scrolled up by the screen's scroll. */
export function drawLog(picture: Picture, width: number, height: number): Scrolled {
  const { log, screen, symbols } = picture;
  const furthest = Math.max(0, log.length - height);
  const scroll = Math.min(furthest, screen.scroll);
  const end = log.length - scroll;
  const lines = log.slice(Math.max(0, end - height), end).map((event) => logLine(event, width));
  if (scroll > 0 && lines.length > 1)
    lines[lines.length - 1] = [
      { text: ` ${symbols.down} ${scroll + 1} newer; End follows the log again`, tone: 'dim' },
    ];
  return { lines, page: height, furthest };
}

function logLine(event: LoggedEvent, width: number): Line {
  return [...logHead(event, width), { text: event.text, tone: event.level === 'bad' ? 'bad' : 'plain' }];
}

function logHead(event: LoggedEvent, width: number): Line {
  const time = width >= 60 ? event.time : event.time.slice(0, 5);
  return [
    { text: ` ${time} `, tone: 'dim' },
    {
      text: `${padText(event.word, 8)} `,
      tone: tones[event.level],
      bold: event.level === 'ask' || event.level === 'bad',
    },
  ];
}

/** The log over the whole screen: every event whole, over as many rows as it takes. */
export function drawFullLog(picture: Picture, width: number, height: number): Scrolled {
  const { log, screen } = picture;
  const furthest = Math.max(0, log.length - 1);
  const end = log.length - Math.min(furthest, screen.scroll);
  const rows: Line[] = [];
  for (let index = end - 1; index >= 0 && rows.length < height; index -= 1) {
    const event = log[index];
    if (event) rows.unshift(...wholeEvent(event, width));
  }
  return { lines: rows.slice(-height), page: Math.max(2, Math.floor(height / 2)), furthest };
}

function wholeEvent(event: LoggedEvent, width: number): Line[] {
  const head = logHead(event, width);
  const indent = widthOf(head);
  const tone = event.level === 'bad' ? 'bad' : 'plain';
  return wrapText(event.text, Math.max(10, width - indent)).map((text, row) => [
    ...(row === 0 ? head : [{ text: ' '.repeat(indent) }]),
    { text, tone },
  ]);
}
