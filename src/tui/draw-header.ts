import { printable, shortCode } from '../base/index.js';
import { activePhase, deadlines, formatClock, phaseElapsed, recoveryClock } from '../run/index.js';
import { compactHeader } from './draw-compact-header.js';
import { badge, nowLine, place } from './header-parts.js';
import { beside, fitLine, padText, type Line, type Span } from './line.js';
import type { Picture } from './picture.js';

/** The rows that are always there: mode, place, clocks, loss, what happens now and who owns it. */
export function drawHeader(picture: Picture): readonly Line[] {
  const { columns, rows } = picture.size;
  if (columns < 60 || rows < 16) return compactHeader(picture);
  const lines = [modeLine(picture), recoveryLine(picture), phaseLine(picture), dataLine(picture)];
  const due = dueLine(picture);
  return [...lines, ...(due ? [due] : []), nowLine(picture, 11)].map((line) => fitLine(line, columns));
}

function head({ state }: Picture): Span[] {
  return [{ text: 'head ', tone: 'dim' }, { text: shortCode(state.head) }, { text: ' ' }];
}

function modeLine(picture: Picture): Line {
  const { plan, size } = picture;
  const where = place(picture, size.columns >= 120 ? 3 : 1);
  const title: Span = { text: ` ${printable(plan.runbook.title)}`, bold: true };
  return beside([...badge(picture), title, { text: `  ${where}`, tone: 'dim' }], head(picture), size.columns);
}

const label = (text: string): Span => ({ text: ` ${padText(text, 10)}`, tone: 'dim' });

function bar(picture: Picture, share: number, tone: Span['tone']): Span[] {
  if (picture.size.columns < 100) return [];
  const width = picture.size.columns >= 160 ? 40 : 16;
  const full = Math.min(width, Math.max(0, Math.ceil(share * width)));
  const { symbols } = picture;
  return [
    { text: '  ' },
    { text: symbols.full.repeat(full), ...(tone === undefined ? {} : { tone }) },
    { text: symbols.empty.repeat(width - full), tone: 'dim' },
  ];
}

function recoveryLine(picture: Picture): Line {
  const { plan, state, nowMs } = picture;
  const { rtoMs } = plan.objectives;
  const clock = recoveryClock(plan, state, nowMs);
  if (!clock)
    return [label('Recovery'), { text: `no disruption yet, not running   RTO ${formatClock(rtoMs)}` }];
  const over = clock.leftMs < 0;
  const tone = over ? 'bad' : clock.leftMs < rtoMs / 4 && !clock.stopped ? 'warning' : 'plain';
  const spans: Span[] = [
    label('Recovery'),
    { text: formatClock(clock.elapsedMs), bold: true, tone: clock.stopped && !over ? 'good' : tone },
    { text: ` of ${formatClock(rtoMs)}` },
    ...bar(picture, clock.elapsedMs / rtoMs, tone === 'plain' ? 'accent' : tone),
  ];
  if (clock.stopped)
    return [
      ...spans,
      { text: over ? '   stopped, OVER the RTO' : '   stopped, within the RTO', tone: over ? 'bad' : 'good' },
    ];
  spans.push({
    text: over ? `   OVER by ${formatClock(-clock.leftMs)}` : `   left ${formatClock(clock.leftMs)}`,
    tone,
  });
  if (clock.forecastMs === null)
    return [...spans, { text: '   ended before service was verified', tone: 'warning' }];
  const late = clock.forecastMs > rtoMs;
  const least = clock.atLeast ? 'at least ' : '';
  spans.push({
    text: `   forecast ${least}${formatClock(clock.forecastMs)}${late ? ', LATE' : clock.atLeast ? '' : ', in time'}`,
    tone: late ? 'bad' : 'plain',
  });
  return spans;
}

function phaseLine(picture: Picture): Line {
  const { plan, state, nowMs } = picture;
  const phase = activePhase(plan, state);
  const known = phase ? state.phases[phase.id] : undefined;
  if (!phase || !known)
    return [label('Phase'), { text: state.ended ? 'the run has ended' : 'between phases', tone: 'dim' }];
  const ms = phaseElapsed(known, nowMs);
  const over = phase.targetMs !== undefined && ms > phase.targetMs;
  const target = phase.targetMs === undefined ? ' no target' : ` of ${formatClock(phase.targetMs)}`;
  const number = `${plan.phases.indexOf(phase) + 1} of ${plan.phases.length}`;
  return [
    label('Phase'),
    { text: formatClock(ms), bold: true, tone: over ? 'warning' : 'plain' },
    { text: target },
    ...bar(picture, phase.targetMs === undefined ? 0 : ms / phase.targetMs, over ? 'warning' : 'accent'),
    {
      text: `   ${printable(phase.title)} (${number})${over ? ', over its target' : ''}`,
      tone: over ? 'warning' : 'plain',
    },
  ];
}

function dataLine(picture: Picture): Line {
  const { plan, state, observer } = picture;
  const rpo = `RPO ${formatClock(plan.objectives.rpoMs)}`;
  if (state.loss) {
    const { missing, acknowledged } = state.loss;
    const text = `${missing} of ${acknowledged} acknowledged commits missing, counted`;
    return [
      label('Data loss'),
      { text, bold: true, tone: missing === 0 ? 'good' : 'warning' },
      { text: `   ${rpo}` },
    ];
  }
  if (!observer) return [label('Data loss'), { text: `not measured, ${rpo}: nothing observes from outside` }];
  const failing =
    observer.failingForMs === null ? '' : `   failing for ${formatClock(observer.failingForMs)}`;
  const over = (observer.failingForMs ?? 0) > plan.objectives.rpoMs;
  return [
    label('Data loss'),
    { text: `not measured yet, ${rpo}` },
    { text: failing, tone: over ? 'bad' : 'warning' },
    { text: `   ${observer.acknowledged} writes`, tone: 'dim' },
  ];
}

function dueLine({ plan, state, nowMs }: Picture): Line | null {
  const [first, ...more] = deadlines(plan, state, nowMs);
  if (!first) return null;
  const late = first.leftMs < 0;
  const when = late ? `OVERDUE by ${formatClock(-first.leftMs)}` : `in ${formatClock(first.leftMs)}`;
  const others = more.length > 0 ? `, ${more.length} more after it` : '';
  return [
    label('Due'),
    { text: when, bold: true, tone: late ? 'bad' : first.leftMs < 120_000 ? 'warning' : 'plain' },
    { text: `   ${printable(first.step.title)}${others}` },
  ];
}
