import { render } from 'ink';
import { createElement } from 'react';
import type { FrameStore } from './frame-store.js';
import { Screen } from './screen.js';

export interface Mounted {
  /** Draws everything again, on a cleared screen. */
  refresh(): void;
  /** Draws the store's present frame before Ink's own handling of a resize can draw the old one. */
  sync(): void;
  unmount(): void;
  /** Settles when everything written has reached the stream. */
  finished(): Promise<unknown>;
}

/** Hands the terminal to Ink. Incremental rendering stays off: program and terminal may disagree on a width. */
export function mount(
  store: FrameStore,
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  screenReader: boolean,
): Mounted {
  const node = createElement(Screen, { store, linear: screenReader });
  const instance = render(node, {
    stdin,
    stdout,
    interactive: true,
    alternateScreen: !screenReader,
    isScreenReaderEnabled: screenReader,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 10,
  });
  return {
    refresh: () => {
      stdout.write('\u001b[2J\u001b[H');
      instance.clear();
      instance.rerender(node);
    },
    sync: () => {
      instance.rerender(node);
    },
    unmount: () => {
      instance.unmount();
    },
    finished: () => instance.waitUntilExit(),
  };
}
