import { formatClock, recoveryClock } from '../run/index.js';
import { labelled } from './draw-step.js';
import type { Line } from './line.js';
import type { Picture } from './picture.js';

/** The end of a run: outcome, recovery time, data loss, what is still owed. */
export function drawEnd({ plan, state, nowMs }: Picture, width: number, height: number): Line[] {
  const { ended } = state;
  if (!ended) return [];
  const tone = ended.verdict === 'met' ? 'good' : ended.verdict === 'missed' ? 'bad' : 'warning';
  const clock = recoveryClock(plan, state, nowMs);
  const recovery =
    clock === null
      ? 'not measured: no disruption was recorded'
      : clock.stopped
        ? `${formatClock(clock.elapsedMs)}, RTO ${formatClock(plan.objectives.rtoMs)}`
        : 'not measured: service was never verified';
  const loss = state.loss
    ? `${state.loss.missing} of ${state.loss.acknowledged} acknowledged commits missing, RPO ${formatClock(plan.objectives.rpoMs)}`
    : 'not measured';
  const owed = Object.values(state.obligations);
  const lines: Line[] = [
    [
      { text: ` Run ${ended.status}. `, bold: true },
      { text: `Objectives ${ended.verdict}.`, bold: true, tone },
    ],
    ...labelled('Because', ended.because, width),
    ...labelled('Recovery', recovery, width),
    ...labelled('Data loss', loss, width),
    ...labelled(
      'Deviates',
      state.deviations.length > 0 ? `${state.deviations.length} recorded` : undefined,
      width,
      'warning',
    ),
    ...owed.flatMap((one) => labelled('Owed', one.text, width, 'warning')),
  ];
  return lines.slice(0, height);
}
