import { parseLsn, type Lsn } from '../../postgres/index.js';

/** One segment file of the write-ahead log. */
export interface Segment {
  readonly timeline: number;
  /** Counts from 0 at LSN 0/0. */
  readonly number: bigint;
}

const hex = (value: number | bigint) => value.toString(16).toUpperCase().padStart(8, '0');

/** 24 hex digits: timeline, high and low part of the segment's number (xlog_internal.h, XLogFileName). */
export function segmentName(segment: Segment, segmentBytes: number): string {
  const perId = 0x1_0000_0000n / BigInt(segmentBytes);
  return hex(segment.timeline) + hex(segment.number / perId) + hex(segment.number % perId);
}

/** Null for anything that is not a segment's name. */
export function parseSegmentName(name: string, segmentBytes: number): Segment | null {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name);
  if (!match) return null;
  const part = (at: number) => BigInt(`0x${match[at] ?? '0'}`);
  return { timeline: Number(part(1)), number: part(2) * (0x1_0000_0000n / BigInt(segmentBytes)) + part(3) };
}

export function segmentOf(lsn: Lsn, segmentBytes: number): bigint {
  return parseLsn(lsn) / BigInt(segmentBytes);
}

/** Where a timeline left its parent. */
export interface TimelineSwitch {
  readonly parent: number;
  readonly switchLsn: Lsn;
}

/** Content of `0000000N.history`: its ancestors, oldest first. */
export function parseHistory(text: string): TimelineSwitch[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line);
    return match ? [{ parent: Number(match[1]), switchLsn: match[2] ?? '' }] : [];
  });
}
