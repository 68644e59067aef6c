import type { ClockState, EventOf, RunState } from '../run/index.js';
import { byEngine, type Fact, type Recorder } from './recorder.js';

/** What the first entry says besides what the plan says. */
export interface Opening {
  readonly planSha256: string;
  readonly tool: { readonly version: string; readonly node: string };
  readonly host: { readonly name: string; readonly platform: string; readonly user: string };
  readonly clock: ClockState;
  readonly attestedStart?: string;
}

/** What the engine that takes a run up says of itself and of what it found. */
export interface TakeUp {
  readonly session: string;
  readonly pid: number;
  readonly bootId: string;
  readonly orphansEnded: readonly string[];
  readonly tornBytes: number;
}

export interface Beginning {
  readonly runId: string;
  readonly mode: 'drill' | 'live';
  readonly unattended: boolean;
  readonly opening: Opening;
  readonly takeUp: TakeUp;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
}

/** `run-opened` in an empty journal, then `session-started`; an ended run is not taken up any more. */
export async function beginSession(recorder: Recorder, beginning: Beginning): Promise<void> {
  const last = recorder.entries().at(-1);
  const gapMs = last === undefined ? null : beginning.nowMs - Date.parse(last.at);
  await recorder.record((state) => {
    if (state.ended !== null) return tornNote(beginning.takeUp, state);
    const { session, pid, bootId, orphansEnded, tornBytes } = beginning.takeUp;
    const resumed = last !== undefined;
    const data = { session, pid, bootId, resumed, gapMs, orphansEnded, tornBytes };
    const started = byEngine({ type: 'session-started', data });
    return resumed ? [started] : [byEngine({ type: 'run-opened', data: openingData(beginning) }), started];
  });
}

/** A crash between the end and the seal may have torn the seal's line: that is said, and nothing else is touched. */
function tornNote({ tornBytes }: TakeUp, state: RunState): Fact[] {
  if (tornBytes === 0 || state.status === 'sealed') return [];
  const text = `${tornBytes} bytes of a torn last line were set aside`;
  return [byEngine({ type: 'note-taken', data: { text } })];
}

function openingData({ runId, mode, unattended, opening }: Beginning): EventOf<'run-opened'>['data'] {
  const { planSha256, tool, host, clock, attestedStart } = opening;
  const attested = attestedStart === undefined ? {} : { attestedStart };
  return { runId, planSha256, mode, unattended, tool, host, clock, ...attested };
}
