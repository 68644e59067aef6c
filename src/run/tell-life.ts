import { formatDuration } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { LifeEntry } from './event-types.js';
import type { RunState } from './state.js';
import type { Told } from './told.js';
import { durationSince, spokenCheck, spokenDuration, spokenTime, spokenValue } from './tell-words.js';

export function tellLife(plan: Plan, state: RunState, entry: LifeEntry): Told {
  const { type, data } = entry;
  switch (type) {
    case 'run-opened':
      return {
        word: data.mode === 'drill' ? 'DRILL' : 'LIVE',
        text: `${plan.runbook.title}, run ${data.runId}, on ${plan.environment.name}${data.unattended ? ', unattended' : ''}`,
        level: data.mode === 'live' ? 'warning' : 'info',
      };
    case 'session-started':
      return tellSession(data);
    case 'environment-opened': {
      const marks = Object.entries(data.fingerprint).map(([key, value]) => `${key} ${spokenValue(value)}`);
      const lacking = data.notExercised.length > 0 ? `; not exercised: ${data.notExercised.join(', ')}` : '';
      return {
        word: 'ready',
        text: `environment ${data.name} (${data.kind})${marks.length > 0 ? `: ${marks.join(', ')}` : ''}${lacking}`,
        level: data.notExercised.length > 0 ? 'warning' : 'info',
      };
    }
    case 'observer-started':
      return {
        word: 'observer',
        text: `sentinel watches every ${formatDuration(data.resolutionMs)}`,
        level: 'info',
      };
    case 'observed':
      return {
        word: 'observed',
        text: `${data.what} ${data.state === 'ok' ? 'works' : 'fails'} since ${spokenTime(data.sentinelAt)}: ${data.detail}`,
        level: data.state === 'ok' ? 'good' : 'bad',
      };
    case 'ledger-anchored':
      return {
        word: 'anchor',
        text: `sentinel ledger at line ${data.seq}, ${data.sha256.slice(0, 12)}`,
        level: 'info',
      };
    case 'fault-started':
      return { word: 'fault', text: `injecting ${data.fault}: ${data.describe}`, level: 'warning' };
    case 'fault-injected':
      return {
        word: 'fault',
        text: `injected ${data.fault}${data.sabotage ? ' (sabotage)' : ''}`,
        level: 'warning',
      };
    case 'fault-failed':
      return {
        word: 'FAILED',
        text: `fault ${data.fault} not injected: ${data.failure.message}`,
        level: 'bad',
      };
    case 'detection-evaluated':
      return tellDetection(data);
    case 'clock-marked':
      return tellMark(plan, state, data);
    case 'phase-entered':
      return tellPhase(plan, data.phase);
    case 'phase-left': {
      const title = plan.phases.find((phase) => phase.id === data.phase)?.title ?? data.phase;
      const took = spokenDuration(durationSince(state.phases[data.phase]?.enteredAt, entry));
      return {
        word: 'phase',
        text: `${title} ${data.outcome}${took}`,
        level: data.outcome === 'completed' ? 'good' : 'bad',
      };
    }
    case 'obligation-opened':
      return { word: 'owed', text: data.text, level: 'warning' };
    case 'environment-closed': {
      const kept = data.kept === undefined || data.kept.length === 0 ? '' : `; kept: ${data.kept.join('; ')}`;
      return data.leftovers.length > 0
        ? {
            word: 'closed',
            text: `environment closed; left behind: ${data.leftovers.join(', ')}${kept}`,
            level: 'warning',
          }
        : { word: 'closed', text: `environment closed, nothing left behind${kept}`, level: 'info' };
    }
    case 'run-ended':
      return {
        word: 'END',
        text: `run ${data.status}, objectives ${data.verdict}: ${data.because}`,
        level:
          data.verdict === 'met'
            ? 'good'
            : data.status === 'completed' && data.verdict !== 'missed'
              ? 'warning'
              : 'bad',
      };
    case 'run-sealed':
      return {
        word: 'sealed',
        text: `record of ${data.entries} entries, evidence ${data.evidenceSha256.slice(0, 12)}`,
        level: 'info',
      };
  }
}

function tellSession(data: Extract<LifeEntry, { type: 'session-started' }>['data']): Told {
  if (!data.resumed) return { word: 'begin', text: `process ${data.pid} carries out the run`, level: 'info' };
  const gap = data.gapMs === null ? 'an unknown gap' : `a gap of ${formatDuration(data.gapMs)}`;
  const ended = data.orphansEnded.length > 0 ? `; ended left-over ${data.orphansEnded.join(', ')}` : '';
  const torn = data.tornBytes > 0 ? `; ${data.tornBytes} torn bytes set aside` : '';
  return {
    word: 'resumed',
    text: `process ${data.pid} took the run up again after ${gap}${ended}${torn}`,
    level: 'warning',
  };
}

function tellDetection(data: Extract<LifeEntry, { type: 'detection-evaluated' }>['data']): Told {
  const seen = data.signs.filter((sign) => sign.seen === true);
  const open = data.signs.filter((sign) => sign.seen === null);
  const why = open.map(
    (sign) => `${sign.sign} (${sign.check ? spokenCheck(sign.check) : 'only a person can tell'})`,
  );
  const notRun = open.length > 0 ? `; not evaluated: ${why.join(', ')}` : '';
  if (seen.length === 0)
    return { word: 'detect', text: `no sign of the disaster seen${notRun}`, level: 'warning' };
  return {
    word: 'detect',
    text: `seen: ${seen.map((sign) => sign.sign).join('; ')}${notRun}`,
    level: 'info',
  };
}

const pointWords = {
  disruption: 'disruption began',
  detected: 'disruption detected',
  declared: 'incident declared',
  'recovery-started': 'recovery started',
  'service-verified': 'service verified',
} as const;

function tellMark(
  plan: Plan,
  state: RunState,
  data: Extract<LifeEntry, { type: 'clock-marked' }>['data'],
): Told {
  const from = state.marks.disruption?.pointAt;
  const elapsed = from === undefined ? null : Date.parse(data.at) - Date.parse(from);
  const clock =
    elapsed === null || elapsed < 0 || data.point === 'disruption'
      ? ''
      : `, recovery clock ${formatDuration(elapsed)} of ${formatDuration(plan.objectives.rtoMs)}`;
  return {
    word: 'clock',
    text: `${pointWords[data.point]} at ${spokenTime(data.at)} (${data.by})${clock}: ${data.because}`,
    level: data.point === 'service-verified' ? 'good' : data.point === 'disruption' ? 'warning' : 'info',
  };
}

function tellPhase(plan: Plan, id: string): Told {
  const phase = plan.phases.find((one) => one.id === id);
  const target = phase?.targetMs === undefined ? 'no target' : `target ${formatDuration(phase.targetMs)}`;
  return { word: 'PHASE', text: `${phase?.title ?? id}, ${target}`, level: 'info' };
}
