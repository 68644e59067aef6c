import type { Actor, RunFeed } from '../run/index.js';
import { makeFrameStore } from './frame-store.js';
import type * as Mount from './mount.js';
import type { Effect } from './screen-state.js';
import { describeTerminal } from './terminal.js';
import { watchTerminal } from './watch-terminal.js';

export interface TuiOptions {
  readonly feed: RunFeed;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who is recorded where no role says who answers. */
  readonly operator: Actor;
  /** First Ctrl-C: the screen asks for the typed confirmation itself; this is only to know of it. */
  readonly onFirstInterrupt?: () => void;
  /** Second Ctrl-C: stop now. The terminal is restored already. */
  readonly onSecondInterrupt?: () => void;
  /** The terminal is gone (hang-up, EIO, EPIPE); the run is to go on without it. */
  readonly onTerminalLost?: () => void;
}

export type TuiExit =
  | { readonly reason: 'left' | 'unmounted' | 'interrupted' | 'terminal-lost' }
  /** A bug in the screen; the run goes on without it. */
  | { readonly reason: 'broken'; readonly error: unknown };

export interface Tui {
  /** Settles once, when the terminal is restored; never rejects. */
  readonly exited: Promise<TuiExit>;
  unmount(): void;
}

/** Longest wait for a terminal that takes no more output (flow control) before leaving it anyway. */
const flushMs = 500;

/** Shows a run on the terminal until the person leaves, `unmount` is called or the terminal is lost. */
export function runTui(options: TuiOptions): Tui {
  const { stdin, stdout } = options;
  const terminal = describeTerminal(options.env);
  let mounted: Mount.Mounted | null = null;
  let ended = false;
  let settle: (exit: TuiExit) => void = () => undefined;
  const exited = new Promise<TuiExit>((resolve) => {
    settle = resolve;
  });

  const end = (exit: TuiExit): void => {
    if (ended) return;
    ended = true;
    store.stop();
    watch.leave(exit.reason === 'terminal-lost');
    try {
      if (mounted) mounted.unmount();
      else stdin.setRawMode(false);
    } catch {
      // The stream is gone: there is nothing left to restore.
    }
    if (exit.reason === 'terminal-lost') options.onTerminalLost?.();
    if (exit.reason === 'interrupted') options.onSecondInterrupt?.();
    void flushed(mounted).then(() => {
      settle(exit);
    });
  };

  const onEffect = (effect: Exclude<Effect, { do: 'submit' }>): void => {
    switch (effect.do) {
      case 'first-interrupt':
        options.onFirstInterrupt?.();
        return;
      case 'second-interrupt':
        end({ reason: 'interrupted' });
        return;
      case 'leave':
        end({ reason: 'left' });
        return;
      case 'redraw':
        mounted?.refresh();
        return;
    }
  };

  const store = makeFrameStore({
    feed: options.feed,
    terminal,
    operator: options.operator,
    size: () => ({ columns: Math.max(1, stdout.columns || 80), rows: Math.max(1, stdout.rows || 24) }),
    onEffect,
    onBroken: (error) => {
      // Later: the very first frame is drawn while the store is being made.
      queueMicrotask(() => {
        end({ reason: 'broken', error });
      });
    },
  });
  const watch = watchTerminal(stdin, stdout, {
    onResize: () => {
      store.redraw();
      mounted?.sync();
    },
    onLost: () => {
      end({ reason: 'terminal-lost' });
    },
    onInterrupt: () => {
      store.press({ name: 'ctrl-c' });
    },
  });

  // Keys typed while React is still being loaded belong to the screen, not to the terminal's line editing.
  stdin.setRawMode(true);
  importMount()
    .then(({ mount }) => {
      if (!ended) mounted = mount(store, stdin, stdout, terminal.screenReader);
    })
    .catch((error: unknown) => {
      end({ reason: 'broken', error });
    });
  return {
    exited,
    unmount: () => {
      end({ reason: 'unmounted' });
    },
  };
}

/** React reads NODE_ENV while it is imported: its development build costs twice the time. Children must not inherit it. */
async function importMount(): Promise<typeof Mount> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    return await import('./mount.js');
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

async function flushed(mounted: Mount.Mounted | null): Promise<void> {
  if (!mounted) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, flushMs);
  });
  await Promise.race([mounted.finished().catch(() => undefined), late]);
  clearTimeout(timer);
}
