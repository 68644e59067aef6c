import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import type pg from 'pg';
import { Failure } from '../base/index.js';
import { queryFailure } from './query-failure.js';

/** The parts of the driver's wire connection that COPY needs (pg/lib/connection.js); its own types leave them out. */
interface Wire {
  readonly stream: {
    pause(): void;
    resume(): void;
    once(event: 'drain', listener: () => void): void;
    readonly writableNeedDrain: boolean;
  };
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** What the driver calls on a query object while it is the active one. */
interface ActiveQuery {
  submit(wire: Wire): void;
  handleError(error: Error, wire: Wire): void;
  handleReadyForQuery(wire: Wire): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleCopyInResponse?(wire: Wire): void;
  handleCopyData?(message: { readonly chunk: Buffer }, wire: Wire): void;
  handleRowDescription(): void;
  handleDataRow(): void;
}

/** Rows of `copy … to stdout` as bytes; the stream fails with a `Failure` when the statement does. */
export function copyOut(client: pg.Client, sql: string): Readable {
  const out = new PassThrough({ highWaterMark: 1024 * 1024 });
  const rows = gather();
  let paused = false;
  submit(client, {
    ...ignored,
    submit: (wire) => wire.query(sql),
    handleCopyData(message, wire) {
      // Nobody reads any more: the rest is let go, so that the connection becomes free again.
      if (out.destroyed) return;
      const full = rows.add(message.chunk);
      if (full === null || out.write(full) || paused) return;
      // What had arrived before the pause still comes: one who waits is enough.
      paused = true;
      const resume = (): void => {
        paused = false;
        out.off('drain', resume).off('close', resume);
        wire.stream.resume();
      };
      wire.stream.pause();
      out.once('drain', resume).once('close', resume);
    },
    handleError: (error) => void out.destroy(queryFailure(error, 'copy out failed')),
    handleReadyForQuery: () => {
      if (!out.destroyed) out.end(rows.rest());
    },
  });
  return out;
}

// Larger ones would wait outside the heap in tens of megabytes until somebody collects them.
const gatheredBytes = 4 * 1024;

/**
 * The server sends each row by itself, and the driver reuses the memory behind it for what arrives next: rows are copied together, because
 * to hand millions of them on one by one takes longer than the copy.
 */
function gather(): { add(chunk: Buffer): Buffer | null; rest(): Buffer } {
  let held = Buffer.allocUnsafe(gatheredBytes);
  let used = 0;
  return {
    /** What is full now, to be handed on; null: nothing yet. */
    add(chunk) {
      if (used + chunk.length <= gatheredBytes) {
        used += chunk.copy(held, used);
        return null;
      }
      const full = Buffer.concat([held.subarray(0, used), chunk]);
      used = 0;
      return full;
    },
    rest() {
      const last = held.subarray(0, used);
      [held, used] = [Buffer.alloc(0), 0];
      return last;
    },
  };
}

/** Feeds a stream into `copy … from stdin`; resolves to the number of rows. The source's failure becomes the statement's. */
export async function copyIn(client: pg.Client, sql: string, source: Readable): Promise<number> {
  const sourceFailed: { with?: unknown } = {};
  return new Promise((resolve, reject) => {
    let rows = 0;
    submit(client, {
      ...ignored,
      submit: (wire) => wire.query(sql),
      handleCopyInResponse(wire) {
        feed(wire, source).catch((cause: unknown) => {
          sourceFailed.with = cause;
          wire.sendCopyFail('the source failed');
        });
      },
      handleCommandComplete(message) {
        rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? '0');
      },
      // The driver forgets a query that failed: it never hears of the connection being ready again.
      handleError(error) {
        source.destroy();
        const own = sourceFailed.with;
        reject(own instanceof Failure ? own : queryFailure(error, 'copy in failed'));
      },
      handleReadyForQuery: () => resolve(rows),
    });
  });
}

async function feed(wire: Wire, source: Readable): Promise<void> {
  for await (const chunk of source) {
    wire.sendCopyFromChunk(chunk as Buffer);
    if (wire.stream.writableNeedDrain) await once(wire.stream as unknown as NodeJS.EventEmitter, 'drain');
  }
  wire.endCopyFrom();
}

const ignored = {
  handleCommandComplete: () => undefined,
  handleRowDescription: () => undefined,
  handleDataRow: () => undefined,
};

/** The driver takes any object that knows how to submit itself; its types know fewer than it calls. */
function submit(client: pg.Client, query: ActiveQuery): void {
  (client as unknown as { query(query: ActiveQuery): unknown }).query(query);
}
