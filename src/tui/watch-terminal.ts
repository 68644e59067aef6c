/** Listens to what becomes of the terminal. */
export interface TerminalWatch {
  /**
   * Stops listening. After a loss some listeners stay for good: a later hang-up or write error must not end a run that goes on
   * without its terminal.
   */
  leave(lost: boolean): void;
}

export function watchTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  on: { readonly onResize: () => void; readonly onLost: () => void; readonly onInterrupt: () => void },
): TerminalWatch {
  const ignore = (): void => undefined;
  // Before Ink listens: the frame has the new size when Ink draws.
  stdout.on('resize', on.onResize);
  stdout.on('error', on.onLost);
  stdin.on('error', on.onLost);
  stdin.on('end', on.onLost);
  stdin.on('close', on.onLost);
  process.on('SIGHUP', on.onLost);
  // Before raw mode is on, and from `kill -INT`, Ctrl-C comes as a signal; it means the same.
  process.on('SIGINT', on.onInterrupt);
  return {
    leave: (lost) => {
      stdout.off('resize', on.onResize);
      process.off('SIGINT', on.onInterrupt);
      stdin.off('end', on.onLost);
      stdin.off('close', on.onLost);
      if (lost) return;
      // Restoring the terminal writes to it: should that fail, it is nobody's problem any more.
      stdout.on('error', ignore);
      stdin.on('error', ignore);
      stdout.off('error', on.onLost);
      stdin.off('error', on.onLost);
      process.off('SIGHUP', on.onLost);
    },
  };
}
