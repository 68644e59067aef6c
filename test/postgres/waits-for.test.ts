import { describe, expect, it } from 'vitest';
import { waitsFor, type LogStream } from '../../src/postgres/index.js';

const stream = (more: Partial<LogStream> = {}): LogStream => ({
  ...{
    name: 'drill',
    confirmed: '0/4000',
    written: '0/5000',
    behind: true,
    silentS: 12,
    giveUpAfter: '1min',
  },
  ...more,
});

describe('what a stop that takes its time waits for', () => {
  it.each([
    ['nobody could be asked', null, ['still stopping; whom the server waits for could not be asked']],
    [
      'everybody has everything',
      [stream({ behind: false })],
      ['still stopping: the server finishes its sessions and its checkpoint'],
    ],
    [
      'one is behind',
      [stream({ behind: false }), stream({ name: 'second' })],
      [
        'still stopping: the server waits for second, which has confirmed 0/4000 of 0/5000 and was silent for 12 s; it is given up after 1min of silence',
      ],
    ],
    [
      'one never answered, and the server waits for ever',
      [stream({ confirmed: null, silentS: null, giveUpAfter: '0' })],
      [
        'still stopping: the server waits for drill, which has confirmed nothing of 0/5000; it is given up never',
      ],
    ],
  ])('%s', (_what, streams, said) => {
    expect(waitsFor(streams)).toEqual(said);
  });
});
