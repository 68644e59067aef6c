import { Box, Text, useCursor, useInput, usePaste } from 'ink';
import { createElement, memo, useSyncExternalStore, type ReactNode } from 'react';
import type { FrameStore } from './frame-store.js';
import { keysOf } from './key.js';

/** Puts the store's frame on the terminal and hands keys to the store; nothing else happens here. */
export function Screen({
  store,
  linear,
}: {
  readonly store: FrameStore;
  readonly linear: boolean;
}): ReactNode {
  const { rows, size, cursor } = useSyncExternalStore(store.subscribe, store.frame);
  const { setCursorPosition } = useCursor();
  useInput((input, key) => {
    for (const one of keysOf(input, key)) store.press(one);
  });
  usePaste((text) => {
    store.press({ name: 'paste', text });
  });
  setCursorPosition(linear ? undefined : (cursor ?? undefined));
  const box = {
    flexDirection: 'column',
    width: size.columns,
    ...(linear ? {} : { height: size.rows }),
  } as const;
  return createElement(
    Box,
    box,
    rows.map((text, row) => createElement(Row, { key: row, text })),
  );
}

const Row = memo(function Row({ text }: { readonly text: string }): ReactNode {
  const line = createElement(Text, { wrap: 'truncate-end' }, text === '' ? ' ' : text);
  return createElement(Box, { height: 1, flexShrink: 0 }, line);
});
