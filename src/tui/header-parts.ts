import { printable } from '../base/index.js';
import { stepsUnderWay, stepOwner, spokenValue } from '../run/index.js';
import { beside, fitLine, padText, type Line, type Span } from './line.js';
import type { Picture } from './picture.js';
import { stepSign } from './symbols.js';

/** The mode by word, symbol and colour, and what holds the run up. */
export function badge({ plan, state, symbols }: Picture): Span[] {
  const live = plan.mode === 'live';
  const mark: Span = live
    ? { text: ` ${symbols.live} LIVE `, tone: 'live', bold: true, inverse: true }
    : { text: ` ${symbols.drill} DRILL `, tone: 'drill', bold: true, inverse: true };
  const held: Span[] = state.held ? [{ text: ' HELD ', tone: 'warning', bold: true, inverse: true }] : [];
  const stopping: Span[] =
    state.stop && !state.ended ? [{ text: ' STOPPING ', tone: 'bad', bold: true, inverse: true }] : [];
  return [mark, ...held, ...stopping];
}

/** `lab`, and the first two values by which the database was recognised. */
export function place({ plan, state }: Picture, marks: number): string {
  const known = Object.entries(state.environment.fingerprint).slice(0, marks);
  const name = printable(plan.environment.name);
  if (!state.environment.opened) return `${name} (not opened yet)`;
  if (known.length === 0) return `${name} (no database fingerprint)`;
  return `${name} ${known.map(([key, value]) => `${key} ${printable(spokenValue(value))}`).join(' ')}`;
}

/** What happens now, and who owns it; `width` cells for the label. */
export function nowLine(picture: Picture, width: number): Line {
  const { plan, state, symbols, size } = picture;
  const [step, ...others] = stepsUnderWay(plan, state);
  const start: Span = { text: ` ${padText('Now', width - 1)}`, tone: 'dim' };
  if (!step) {
    const text = state.ended
      ? `ended: ${state.ended.status}, objectives ${state.ended.verdict}`
      : 'no step is under way';
    return fitLine([start, { text }], size.columns);
  }
  const sign = stepSign(state.steps[step.id], symbols);
  const owner = stepOwner(plan, state, step);
  const more = others.length > 0 ? ` +${others.length} more` : '';
  const state_: Span = { text: `${sign.symbol} ${sign.word} `, tone: sign.tone };
  const left: Line = [
    start,
    state_,
    { text: printable(step.title), bold: true },
    { text: more, tone: 'dim' },
  ];
  const room =
    size.columns >= 60 ? ownerText(owner, 34) : ownerText(owner.replace(/^.*\((.*)\)$/u, '$1'), 12);
  return beside(left, [{ text: room, tone: 'accent' }, { text: ' ' }], size.columns);
}

function ownerText(owner: string, width: number): string {
  return padText(owner, width).trimEnd();
}
