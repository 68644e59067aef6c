import { formatDuration } from '../../base/index.js';
import type { Interval } from '../../assessment/index.js';
import type { Timeline } from '../timeline.js';
import { escape } from './escape.js';

const [left, right, width] = [170, 30, 1000];
const [rowHeight, barHeight, top] = [46, 16, 26];

const lanes = [
  { kind: 'fault', title: 'Faults', symbol: '✗' },
  { kind: 'point', title: 'Clock points', symbol: '◆' },
  { kind: 'message', title: 'Messages', symbol: '▲' },
  { kind: 'gap', title: 'Interruptions', symbol: '║' },
] as const;

/** Phases against their targets, whose time it was, and what happened when. The same facts stand in the tables below it. */
export function timelineSvg(timeline: Timeline): string {
  const x = (ms: number) => round(left + ((width - left - right) * ms) / timeline.lengthMs);
  const used = lanes.filter((lane) => timeline.events.some((event) => event.kind === lane.kind));
  const eventsTop = top + timeline.phases.length * rowHeight + 6;
  const laneRows = used.map((lane) => ({
    ...lane,
    events: placed(
      timeline.events.filter((event) => event.kind === lane.kind),
      x,
    ),
  }));
  let y = eventsTop;
  const drawnLanes = laneRows.map((lane) => {
    const lines = Math.max(1, ...lane.events.map((event) => event.line + 1));
    const html = laneSvg(lane.title, lane.symbol, lane.events, y);
    y += lines * 15 + 10;
    return html;
  });
  const legendTop = y + 8;
  const height = legendTop + 26;
  return `<figure>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="timeline-name timeline-words">
<title id="timeline-name">Timeline of the run</title>
<desc id="timeline-words">${escape(words(timeline))}</desc>
<defs>
<pattern id="hands" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#f4c979"/><rect width="2.4" height="6" fill="#7a4a00"/></pattern>
<pattern id="waits" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#e6dcf1"/><circle cx="3" cy="3" r="1.5" fill="#5b2a86"/></pattern>
</defs>
<g font-family="system-ui, Liberation Sans, sans-serif" font-size="12" fill="#1b1f24">
${axis(timeline, x, legendTop - 10)}
${timeline.phases.map((phase, index) => phaseSvg(phase, top + index * rowHeight, x, timeline.lengthMs)).join('\n')}
${drawnLanes.join('\n')}
${legend(legendTop)}
</g>
</svg>
<figcaption>Bars: actual time of each phase. Outline above a bar: its target; an arrow, where the target ends beyond the picture. The tables below say the same.</figcaption>
</figure>`;
}

function phaseSvg(
  phase: Timeline['phases'][number],
  y: number,
  x: (ms: number) => number,
  lengthMs: number,
): string {
  const bar = (some: readonly Interval[], fill: string) =>
    some
      .map(({ start, end }) =>
        rect(x(start), y + 17, Math.max(1, x(end) - x(start)), barHeight, `fill="${fill}"`),
      )
      .join('');
  const whole = rect(
    x(phase.start),
    y + 17,
    Math.max(2, x(phase.end) - x(phase.start)),
    barHeight,
    'fill="#ffffff" stroke="#1b1f24"',
  );
  const over = phase.targetMs !== null && phase.end - phase.start > phase.targetMs;
  return `<text x="8" y="${y + 22}" font-weight="600">${escape(short(phase.title, 24))}</text>
<text x="8" y="${y + 36}" font-size="11" fill="#4a5260">${escape(formatDuration(phase.end - phase.start))}${
    phase.targetMs === null ? '' : ` of ${escape(formatDuration(phase.targetMs))}${over ? ' ! over' : ''}`
  }</text>
${targetSvg(phase, y, x, lengthMs)}${whole}${bar(phase.waiting, 'url(#waits)')}${bar(phase.handsOn, 'url(#hands)')}${bar(phase.machine, '#2f6690')}`;
}

function targetSvg(
  { start, targetMs }: Timeline['phases'][number],
  y: number,
  x: (ms: number) => number,
  lengthMs: number,
): string {
  if (targetMs === null) return '';
  const beyond = start + targetMs > lengthMs;
  const [from, to] = [x(start), beyond ? width - right : x(start + targetMs)];
  const line = `<path d="M${from} ${y + 14}V${y + 9}H${to}${beyond ? '' : `V${y + 14}`}" fill="none" stroke="#4a5260" stroke-width="1.5"/>`;
  const arrow = beyond
    ? `<path d="M${to} ${y + 5}L${to + 8} ${y + 9}L${to} ${y + 13}Z" fill="#4a5260"/>`
    : '';
  return line + arrow;
}

type Placed = Timeline['events'][number] & {
  readonly px: number;
  readonly line: number;
  readonly flip: boolean;
};

/** Labels that would cover each other move to the next line of their lane. */
function placed(events: Timeline['events'], x: (ms: number) => number): Placed[] {
  const ends: number[] = [];
  return events.map((event) => {
    const px = x(event.at);
    const long = 22 + short(event.label, 28).length * 6.4;
    const flip = px + long > width;
    const [from, to] = flip ? [px - long, px + 8] : [px - 6, px + long];
    const free = ends.findIndex((end) => end <= from);
    const line = free === -1 ? ends.length : free;
    ends[line] = to;
    return { ...event, px, line, flip };
  });
}

function laneSvg(title: string, symbol: string, events: readonly Placed[], y: number): string {
  const marks = events.map((event) => {
    const base = y + 12 + event.line * 15;
    const label = escape(short(event.label, 28));
    const text = `<text x="${event.flip ? event.px - 10 : event.px + 10}" y="${base}" font-size="11" text-anchor="${event.flip ? 'end' : 'start'}">${label}</text>`;
    return `<text x="${event.px}" y="${base}" text-anchor="middle" fill="#a3161c">${symbol}</text>${text}`;
  });
  return `<text x="8" y="${y + 12}" font-weight="600">${escape(title)}</text>${marks.join('')}`;
}

function axis({ lengthMs }: Timeline, x: (ms: number) => number, bottom: number): string {
  const step = niceStep(lengthMs / 6);
  const ticks: string[] = [];
  for (let ms = 0; ms <= lengthMs; ms += step) {
    ticks.push(
      `<path d="M${x(ms)} ${top - 6}V${bottom}" stroke="#d5dae1"/><text x="${x(ms)}" y="${top - 11}" font-size="11" fill="#4a5260" text-anchor="${ms === 0 ? 'start' : 'middle'}">${ms === 0 ? '0' : formatDuration(ms)}</text>`,
    );
  }
  return ticks.join('');
}

/** The next of 1, 2, 5, 10, 15, 30 units at or above the wish; milliseconds. */
function niceStep(wish: number): number {
  const seconds = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400,
  ];
  return (seconds.find((one) => one * 1000 >= wish) ?? Math.ceil(wish / 86_400_000) * 86_400) * 1000;
}

function legend(y: number): string {
  const items = [
    ['#2f6690', 'machine'],
    ['url(#hands)', 'hands-on'],
    ['url(#waits)', 'waiting for a person'],
    ['#ffffff', 'idle'],
  ] as const;
  return items
    .map(
      ([fill, name], index) =>
        `${rect(left + index * 170, y, 22, 12, `fill="${fill}" stroke="#1b1f24"`)}<text x="${left + 28 + index * 170}" y="${y + 10}">${name}</text>`,
    )
    .join('');
}

function words(timeline: Timeline): string {
  const phases = timeline.phases.map(
    (phase) =>
      `${phase.title}: ${formatDuration(phase.end - phase.start)}${
        phase.targetMs === null ? ', no target' : `, target ${formatDuration(phase.targetMs)}`
      }`,
  );
  return `The run took ${formatDuration(timeline.lengthMs)}. ${phases.join('. ')}. Details stand in the tables below.`;
}

function rect(x: number, y: number, w: number, h: number, more: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${h}" ${more}/>`;
}
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
function short(text: string, limit: number): string {
  const letters = Array.from(text);
  return letters.length <= limit ? text : `${letters.slice(0, limit - 1).join('')}…`;
}
