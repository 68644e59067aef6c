import type { Actor, OperatorReply, RunFeed } from '../run/index.js';
import { contextOf } from './draw-question.js';
import { drawFrame } from './draw-frame.js';
import { drawLinear } from './draw-linear.js';
import type { Key } from './key.js';
import { cursorOf, paint } from './paint.js';
import type { Frame, Picture } from './picture.js';
import { makeRunLog } from './run-log.js';
import { reduceScreen } from './reduce-screen.js';
import { initialScreen, type Effect, type ScreenEvent } from './screen-state.js';
import type { Terminal } from './terminal.js';

export interface PaintedFrame {
  readonly rows: readonly string[];
  readonly size: { readonly columns: number; readonly rows: number };
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

export interface FrameStore {
  readonly subscribe: (listener: () => void) => () => void;
  readonly frame: () => PaintedFrame;
  press(key: Key): void;
  /** Draws now, at the terminal's present size. */
  redraw(): void;
  stop(): void;
}

export interface FrameStoreOptions {
  readonly feed: RunFeed;
  readonly terminal: Terminal;
  readonly operator: Actor;
  size(): { readonly columns: number; readonly rows: number };
  onEffect(effect: Exclude<Effect, { do: 'submit' }>): void;
  /** Drawing went wrong: a bug in the screen, which the run must survive. */
  onBroken(error: unknown): void;
}

/** One shared tick; at most this often the screen follows the run. */
const tickMs = 100;

/** The screen's state outside React: it listens to the run and to keys, and always holds one painted frame. */
export function makeFrameStore(options: FrameStoreOptions): FrameStore {
  const { feed, terminal, operator } = options;
  const log = makeRunLog(feed.plan);
  const listeners = new Set<() => void>();
  let screen = initialScreen;
  let drawn: Frame = { lines: [], page: 1, furthest: 0 };
  let painted: PaintedFrame = { rows: [], size: options.size(), cursor: null };
  let dirty = true;
  let second = -1;

  const picture = (): Picture => ({
    plan: feed.plan,
    state: feed.state(),
    screen,
    log: log.events(),
    describe: (step) => log.describe(step) ?? feed.describe?.(step),
    tail: (step, lines) => feed.outputTail(step, lines),
    observer: feed.observer(),
    nowMs: feed.now(),
    operator,
    symbols: terminal.symbols,
    size: options.size(),
  });

  const dispatch = (event: ScreenEvent): void => {
    const reduced = reduceScreen(screen, event, contextOf(picture(), drawn.page, drawn.furthest));
    screen = reduced.screen;
    dirty = true;
    for (const effect of reduced.effects) {
      if (effect.do === 'submit') void submit(effect);
      else options.onEffect(effect);
    }
  };

  const submit = async (effect: Effect & { do: 'submit' }): Promise<void> => {
    let reply: OperatorReply;
    try {
      reply = await feed.submit(effect.input);
    } catch (error) {
      reply = { accepted: false, why: error instanceof Error ? error.message : String(error) };
    }
    guarded(() => {
      dispatch({ type: 'replied', to: effect.to, reply });
      draw();
    });
  };

  const draw = (): void => {
    dirty = false;
    second = Math.floor(feed.now() / 1000);
    drawn = terminal.screenReader ? drawLinear(picture()) : drawFrame(picture());
    const rows = drawn.lines.map((line) => paint(line, terminal.colour));
    const next = { rows, size: options.size(), cursor: cursorOf(drawn.lines) };
    if (JSON.stringify(next) === JSON.stringify(painted)) return;
    painted = next;
    for (const listener of listeners) listener();
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      options.onBroken(error);
    }
  };

  for (const entry of feed.entries()) log.add(entry, feed.state());
  screen = reduceScreen(screen, { type: 'run-moved' }, contextOf(picture())).screen;
  const unsubscribe = feed.subscribe(({ entry }) => {
    guarded(() => {
      dirty = true;
      if (entry === null) return;
      const before = log.events().length;
      log.add(entry, feed.state());
      // A log that is being read stays where it is while new lines come in below.
      if (screen.scroll > 0 && (screen.view === 'run' || screen.view === 'log'))
        screen = { ...screen, scroll: screen.scroll + log.events().length - before };
      dispatch({ type: 'run-moved' });
    });
  });
  const timer = setInterval(() => {
    if (dirty || (!terminal.screenReader && Math.floor(feed.now() / 1000) !== second)) guarded(draw);
    else if (terminal.screenReader && Math.floor(feed.now() / 60_000) !== Math.floor(second / 60))
      guarded(draw);
  }, tickMs);
  timer.unref();
  guarded(draw);

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    frame: () => painted,
    press: (key) => {
      guarded(() => {
        dispatch({ type: 'key', key });
        draw();
      });
    },
    redraw: () => {
      guarded(draw);
    },
    stop: () => {
      clearInterval(timer);
      unsubscribe();
      listeners.clear();
    },
  };
}
