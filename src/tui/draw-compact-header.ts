import { shortCode } from '../base/index.js';
import { activePhase, formatClock, phaseElapsed, recoveryClock } from '../run/index.js';
import { badge, nowLine, place } from './header-parts.js';
import { beside, fitLine, type Line } from './line.js';
import type { Picture } from './picture.js';

/** The same facts on a small terminal, in four rows; hours and minutes where seconds do not decide anything. */
export function compactHeader(picture: Picture): readonly Line[] {
  const { columns, rows } = picture.size;
  const lines = [modeLine(picture), clockLine(picture), phaseLine(picture), nowLine(picture, 5)];
  return (rows >= 10 ? lines : lines.filter((_, row) => row !== 2)).map((line) => fitLine(line, columns));
}

function modeLine(picture: Picture): Line {
  const code: Line = [{ text: shortCode(picture.state.head) }];
  return beside(
    [...badge(picture), { text: ` ${place(picture, 1)}`, tone: 'dim' }],
    code,
    picture.size.columns,
  );
}

/** `0:30` of a time, without seconds. */
function short(ms: number): string {
  return formatClock(ms).replace(/:\d\d$/u, '');
}

function clockLine({ plan, state, nowMs }: Picture): Line {
  const { rtoMs } = plan.objectives;
  const clock = recoveryClock(plan, state, nowMs);
  if (!clock) return [{ text: ` Rec not running, RTO ${short(rtoMs)}` }];
  const over = clock.leftMs < 0;
  const rest = clock.stopped
    ? 'stopped'
    : over
      ? `OVER ${formatClock(-clock.leftMs)}`
      : `left ${formatClock(clock.leftMs)}`;
  const forecast =
    clock.forecastMs === null ? '' : ` fc ${clock.atLeast ? '>=' : ''}${short(clock.forecastMs)}`;
  const text = ` Rec ${formatClock(clock.elapsedMs)}/${short(rtoMs)} ${rest}${forecast}`;
  return [{ text, tone: over ? 'bad' : 'plain', bold: true }];
}

function phaseLine({ plan, state, nowMs, observer }: Picture): Line {
  const phase = activePhase(plan, state);
  const known = phase ? state.phases[phase.id] : undefined;
  const target = phase?.targetMs === undefined ? '' : `/${short(phase.targetMs)}`;
  const clock = known ? `${formatClock(phaseElapsed(known, nowMs))}${target}` : 'none';
  const failing = observer?.failingForMs == null ? '' : ` fail ${formatClock(observer.failingForMs)}`;
  const loss = state.loss ? `lost ${state.loss.missing}/${state.loss.acknowledged}` : `lost ?${failing}`;
  return [{ text: ` Ph  ${clock}  ${loss}, RPO ${short(plan.objectives.rpoMs)}` }];
}
