import { printable } from '../base/index.js';
import type { Phase, Step } from '../language/index.js';
import { stepsUnderWay, elapsed, formatClock, stepsOf } from '../run/index.js';
import { beside, padText, type Line } from './line.js';
import type { Picture } from './picture.js';
import { phaseSign, stepSign } from './symbols.js';

interface TreeRow {
  readonly line: Line;
  readonly phase: string;
  readonly step: string | null;
}

/** Phases and steps in `height` rows around the current one; finished phases are folded when there is no room for all. */
export function drawTree(picture: Picture, width: number, height: number): Line[] {
  const all = treeRows(picture, width);
  if (all.length <= height) return all.map((row) => row.line);
  const { state } = picture;
  const finished = (phase: string): boolean => {
    const status = state.phases[phase]?.status ?? 'pending';
    return status !== 'active' && status !== 'pending';
  };
  const folded = all.filter((row) => row.step === null || !finished(row.phase));
  return windowOf(folded, currentRow(picture, folded), height, picture).map((row) => row.line);
}

export function allTreeLines(picture: Picture, width: number): Line[] {
  return treeRows(picture, width).map((row) => row.line);
}

function currentRow({ plan, state }: Picture, rows: readonly TreeRow[]): number {
  const [current] = stepsUnderWay(plan, state);
  const at = rows.findIndex((row) =>
    current ? row.step === current.id : state.phases[row.phase]?.status === 'active',
  );
  if (at >= 0) return at;
  const next = rows.findIndex((row) => (state.phases[row.phase]?.status ?? 'pending') === 'pending');
  return next >= 0 ? next : rows.length - 1;
}

function windowOf(
  rows: readonly TreeRow[],
  current: number,
  height: number,
  { symbols }: Picture,
): TreeRow[] {
  if (rows.length <= height) return [...rows];
  const start = Math.max(0, Math.min(rows.length - height, current - Math.floor(height / 3)));
  const shown = rows.slice(start, start + height);
  const below = rows.length - start - height;
  const note = (text: string): TreeRow => ({ line: [{ text, tone: 'dim' }], phase: '', step: null });
  if (height >= 4 && start > 0) shown[0] = note(`   ${symbols.up} ${start + 1} more above`);
  if (height >= 4 && below > 0) shown[height - 1] = note(`   ${symbols.down} ${below + 1} more below`);
  return shown;
}

function treeRows(picture: Picture, width: number): TreeRow[] {
  const { plan, state } = picture;
  const rows: TreeRow[] = [];
  for (const phase of plan.phases) {
    rows.push({ line: phaseLine(picture, phase, width), phase: phase.id, step: null });
    for (const { step, depth, under } of stepsOf(plan).values()) {
      if (stepsOf(plan).get(step.id)?.phase !== phase) continue;
      if (under.some(({ decide, option }) => state.steps[decide]?.chosen !== option)) continue;
      rows.push({ line: stepLine(picture, step, depth, width), phase: phase.id, step: step.id });
    }
  }
  return rows;
}

const stageWords = { before: 'before', response: '', always: 'always', after: 'after' } as const;

function phaseLine({ state, symbols, nowMs }: Picture, phase: Phase, width: number): Line {
  const known = state.phases[phase.id];
  const sign = phaseSign(known, symbols);
  const ms = known ? elapsed(known.enteredAt, known.leftAt, nowMs) : null;
  const over = ms !== null && phase.targetMs !== undefined && ms > phase.targetMs;
  const stage = stageWords[phase.stage] === '' ? '' : ` [${stageWords[phase.stage]}]`;
  const active = known?.status === 'active';
  return beside(
    [
      { text: ` ${sign.symbol} `, tone: sign.tone },
      {
        text: printable(phase.title),
        bold: active,
        tone: known === undefined || known.status === 'pending' ? 'dim' : 'plain',
      },
      { text: stage, tone: 'dim' },
      { text: ` ${sign.word}`, tone: sign.tone },
    ],
    [{ text: times(ms, phase.targetMs, width), tone: over ? 'warning' : 'dim' }],
    width,
  );
}

function stepLine({ state, symbols, nowMs }: Picture, step: Step, depth: number, width: number): Line {
  const known = state.steps[step.id];
  const sign = stepSign(known, symbols);
  const ms = known ? elapsed(known.startedAt, known.endedAt, nowMs) : null;
  const over = ms !== null && step.targetMs !== undefined && ms > step.targetMs;
  const quiet = sign.tone === 'dim';
  const now = known !== undefined && ['running', 'waiting', 'backing-off'].includes(known.status);
  return beside(
    [
      { text: `   ${'  '.repeat(depth)}` },
      { text: `${sign.symbol} ${padText(sign.word, 8)} `, tone: sign.tone },
      { text: printable(step.title), bold: now, tone: quiet ? 'dim' : 'plain' },
      { text: known && known.attempt > 1 ? ` (attempt ${known.attempt})` : '', tone: 'warning' },
    ],
    [{ text: times(ms, step.targetMs, width), tone: over ? 'warning' : 'dim' }],
    width,
  );
}

/** Elapsed against target, in columns of their own; narrow rows leave the target out, very narrow ones both. */
function times(ms: number | null, targetMs: number | undefined, width: number): string {
  if (width < 44) return '';
  const left = (ms === null ? '' : formatClock(ms)).padStart(7);
  if (width < 60) return `${left} `;
  return `${left} ${targetMs === undefined ? ' '.repeat(9) : `/ ${formatClock(targetMs)}`} `;
}
