import { mkdirSync, openSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Actor } from '../run/index.js';
import type { CommonOptions } from './output.js';
import { reportBug } from './report-bug.js';
import { statePaths } from './programme-paths.js';
import type { Session } from './run-session.js';

export type View = 'tui' | 'plain' | 'json';
/** Where the lines of a run go. */
export type Write = (text: string) => void;

/** A TTY gets the screen; a pipe or CI gets lines. */
export function chooseView(given: string | undefined, options: CommonOptions): View {
  if (given === 'tui' || given === 'plain' || given === 'json') return given;
  if (options.format === 'json') return 'json';
  return process.stdout.isTTY && process.stdin.isTTY && process.env['CI'] === undefined ? 'tui' : 'plain';
}

/** How the person at this terminal appears in the record until roles say otherwise. */
export function operator(): Actor {
  return { kind: 'person', name: userInfo().username };
}

/** Shows a run until it ends and passes keys, lines and signals on to it. The run never waits for a view. */
export async function showRun(
  session: Session,
  view: View,
  options: CommonOptions,
  runId: string,
  write: Write = (text) => void process.stdout.write(text),
): Promise<void> {
  const stopSignals = passSignals(session);
  try {
    if (view === 'tui') await showScreen(session, options, runId, write);
    else await showLines(session, view, options, write);
  } finally {
    stopSignals();
  }
}

async function showScreen(
  session: Session,
  options: CommonOptions,
  runId: string,
  write: Write,
): Promise<void> {
  const { runTui } = await import('../tui/index.js');
  const screen = runTui({
    feed: session.feed,
    stdin: process.stdin,
    stdout: process.stdout,
    env: options.colour ? process.env : { ...process.env, NO_COLOR: '1' },
    operator: operator(),
    onSecondInterrupt: () => session.handle.abortNow(),
    onTerminalLost: () => void headless(session, options, runId),
  });
  const ended = session.finished.then(
    () => 'ended',
    () => 'ended',
  );
  const broken = screen.exited.then((exit) =>
    exit.reason === 'broken' ? exit : new Promise<never>(() => undefined),
  );
  const first = await Promise.race([ended, broken]);
  screen.unmount();
  if (typeof first === 'string') return;
  reportBug(first.error);
  process.stderr.write('the screen failed; the run goes on, and is shown in lines from here on\n');
  await showLines(session, 'plain', options, write);
}

async function showLines(
  session: Session,
  view: 'plain' | 'json',
  options: CommonOptions,
  write: Write,
): Promise<void> {
  const { answerFromLines, showJson, showPlain } = await import('../plain/index.js');
  const { feed, finished } = session;
  const stop = view === 'json' ? showJson(feed, write) : showPlain(feed, write, { colour: options.colour });
  const stopAnswers = feed.plan.unattended
    ? () => undefined
    : answerFromLines(feed, process.stdin, view === 'json' ? () => undefined : write, operator());
  // Sealing belongs to the story, too.
  await finished.catch(() => undefined);
  stopAnswers();
  stop();
}

/** The terminal is gone; the run is not. What would have been on the screen goes into a file that `watch` readers can also see. */
async function headless(session: Session, options: CommonOptions, runId: string): Promise<void> {
  const { showPlain } = await import('../plain/index.js');
  const folder = statePaths(options.directory, runId).scratch;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = openSync(join(folder, 'headless.log'), 'a', 0o600);
  showPlain(session.feed, (text) => writeSync(file, text), { colour: false });
}

/** First Ctrl-C or, in a drill, SIGTERM: a recorded stop, obligations and clean-up still run. Second: stop now. A hang-up stops nothing. */
function passSignals(session: Session): () => void {
  let seen = 0;
  const onStop = (signal: NodeJS.Signals) => {
    seen += 1;
    process.exitCode = signal === 'SIGTERM' ? 143 : 130;
    // A machine that shuts down must not end an incident's run for good: it is interrupted and can be taken up again.
    const interrupts = signal === 'SIGTERM' && session.feed.plan.mode === 'live';
    if (seen > 1 || interrupts) session.handle.abortNow();
    // It cannot be recorded when the disk is gone; the loop has noticed that itself.
    else session.handle.requestStop(`stopped by ${signal}`, 'signal').catch(() => undefined);
  };
  const ignore = () => undefined;
  process.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', ignore);
  return () => {
    process.off('SIGINT', onStop).off('SIGTERM', onStop).off('SIGHUP', ignore);
  };
}
