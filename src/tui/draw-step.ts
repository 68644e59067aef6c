import { printable } from '../base/index.js';
import type { Step } from '../language/index.js';
import { stepsUnderWay, elapsed, formatClock, stepOwner, spokenPurposeCheck } from '../run/index.js';
import { wrapText, type Line, type Tone } from './line.js';
import type { Picture } from './picture.js';
import { stepSign } from './symbols.js';

/** The step under way: what, why, what it does, its checks, what to do if it fails, and the end of its output. */
export function drawStep(picture: Picture, width: number, height: number): Line[] {
  const { plan, state } = picture;
  const steps = stepsUnderWay(plan, state);
  const [step] = steps;
  if (!step) return [[{ text: ` ${waitingFor(picture)}`, tone: 'dim' }]];
  const facts = stepFacts(picture, step, width);
  const room = height - facts.length;
  if (room < 2) return facts.slice(0, height);
  const share = steps.length > 1 ? Math.max(1, Math.floor(room / 2)) : room - 1;
  const output = outputLines(picture, step.id, share);
  const others = steps.slice(1).map((other): Line => {
    const sign = stepSign(state.steps[other.id], picture.symbols);
    return [{ text: ` ${sign.symbol} ${sign.word} `, tone: sign.tone }, { text: printable(other.title) }];
  });
  return [...facts, ...output, ...others].slice(0, height);
}

function waitingFor({ state }: Picture): string {
  if (state.ended) return 'The run has ended.';
  if (state.held) return 'Held: no new step starts until somebody presses h.';
  if (!state.environment.opened) return 'The environment is being prepared.';
  if (Object.values(state.faults).some((fault) => fault.status === 'started'))
    return 'A fault is being injected.';
  return 'Waiting for what comes next; the clocks go on.';
}

export function stepFacts(picture: Picture, step: Step, width: number): Line[] {
  const { plan, state, symbols, nowMs } = picture;
  const known = state.steps[step.id];
  const sign = stepSign(known, symbols);
  const ms = known ? elapsed(known.startedAt, known.endedAt, nowMs) : null;
  const against = step.targetMs === undefined ? '' : ` of ${formatClock(step.targetMs)}`;
  const attempt = known && known.attempt > 1 ? `, attempt ${known.attempt} of ${step.retry.attempts}` : '';
  const time = ms === null ? '' : ` ${formatClock(ms)}${against}${attempt}`;
  const owner = stepOwner(plan, state, step);
  const lines: Line[] = [
    [
      { text: ` ${sign.symbol} ${sign.word}${time}`, tone: sign.tone },
      { text: `   ${owner}`, tone: 'dim' },
    ],
    ...labelled('Does', picture.describe(step.id), width),
    ...labelled('Why', step.why, width),
  ];
  if (step.form === 'wait' && step.until.kind === 'acceptance')
    lines.push(...acceptanceLines(picture, width));
  lines.push(...checkFacts(picture, step, width));
  lines.push(...labelled('If fails', step.ifFails, width, 'dim'));
  return lines;
}

/** What its checks said last, and how it failed. */
export function checkFacts({ state }: Picture, step: Step, width: number): Line[] {
  const known = state.steps[step.id];
  const lines: Line[] = [];
  for (const { purpose, check } of (known?.checks ?? []).slice(-2)) {
    const tone =
      check.verdict === 'pass'
        ? 'good'
        : check.verdict === 'fail' && purpose !== 'before'
          ? 'warning'
          : 'dim';
    lines.push(...labelled('Check', spokenPurposeCheck(purpose, check), width, tone));
  }
  if (known?.failure) lines.push(...labelled('Failed', known.failure.message, width, 'bad'));
  if (known?.failure?.hint !== undefined) lines.push(...labelled('Hint', known.failure.hint, width));
  return lines;
}

function acceptanceLines({ plan, state, nowMs }: Picture, width: number): Line[] {
  const { last, greenSince, round } = state.acceptance;
  const bad = last.filter((one) => one.verdict !== 'pass').map((one) => `${one.id} ${one.verdict}`);
  const since = elapsed(greenSince, null, nowMs);
  const hold = formatClock(plan.acceptance?.holdMs ?? 0);
  const text =
    round === 0
      ? 'no round yet'
      : since !== null
        ? `all green for ${formatClock(since)}, wanted ${hold}`
        : `round ${round}: ${bad.length > 0 ? bad.join(', ') : 'not green'}`;
  return labelled('Accept', text, width, since !== null ? 'good' : 'warning');
}

/** A label and a text that may take several rows, the text in a column of its own. */
export function labelled(
  name: string,
  text: string | undefined,
  width: number,
  tone: Tone = 'plain',
): Line[] {
  if (text === undefined || text.trim() === '') return [];
  return wrapText(printable(text), Math.max(10, width - 12)).map((row, index) => [
    { text: ` ${(index === 0 ? name : '').padEnd(10)}`, tone: 'dim' },
    { text: row, tone },
  ]);
}

/** The last lines of a step's output. */
export function outputLines(picture: Picture, step: string, height: number): Line[] {
  if (height < 1) return [];
  return picture
    .tail(step, height)
    .slice(-height)
    .map((line) => [
      { text: ` ${picture.symbols.column} `, tone: 'dim' },
      { text: printable(line), tone: 'dim' },
    ]);
}
