import { randomBytes } from 'node:crypto';
import { chmod, open, rm, truncate } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import { requireInside } from './require-inside.js';

/** What was done, in words for people, and what a check that notices it must name. */
export interface Harm {
  readonly done: string;
  /** Each of these stands in the evidence of a check that found this very harm. */
  readonly names: readonly string[];
}

export interface HurtFile {
  readonly path: string;
  /** Nothing outside this folder is touched. */
  readonly allowedRoot: string;
}

/** Turns one bit in the middle of a file over. Its size and its name stay. */
export async function flipBit({ path, allowedRoot }: HurtFile): Promise<Harm> {
  await requireInside(path, allowedRoot);
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size === 0) throw new Failure('invalid', `${path} is empty: there is no bit to turn over`);
    const at = Math.floor(size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([buffer.readUInt8(0) ^ 1]), 0, 1, at);
    await file.datasync();
    return { done: `one bit of ${nameOf(path)} turned over at byte ${at} of ${size}`, names: [nameOf(path)] };
  } finally {
    await file.close();
  }
}

/** Cuts a file off: to `bytes`, or in half. */
export async function cutFile({
  path,
  allowedRoot,
  bytes,
}: HurtFile & { readonly bytes?: number }): Promise<Harm> {
  await requireInside(path, allowedRoot);
  await chmod(path, 0o600);
  const file = await open(path, 'r');
  const { size } = await file.stat().finally(() => file.close());
  const left = bytes ?? Math.floor(size / 2);
  if (left >= size)
    throw new Failure('invalid', `${path} has only ${size} bytes: it cannot be cut to ${left}`);
  await truncate(path, left);
  return { done: `${nameOf(path)} cut from ${size} to ${left} bytes`, names: [nameOf(path)] };
}

export async function removeFile({ path, allowedRoot }: HurtFile): Promise<Harm> {
  await requireInside(path, allowedRoot);
  await rm(path);
  return { done: `${nameOf(path)} removed`, names: [nameOf(path)] };
}

/** Overwrites a stretch of a file, all of it unless told, with random bytes, as ransomware leaves it. */
export async function scrambleFile({
  path,
  allowedRoot,
  from = 0,
  bytes,
}: HurtFile & { readonly from?: number; readonly bytes?: number }): Promise<Harm> {
  await requireInside(path, allowedRoot);
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const end = Math.min(size, from + (bytes ?? size));
    for (let at = from; at < end;) {
      const piece = randomBytes(Math.min(1024 * 1024, end - at));
      await file.write(piece, 0, piece.length, at);
      at += piece.length;
    }
    await file.datasync();
    return { done: `${end - from} bytes of ${nameOf(path)} overwritten at ${from}`, names: [nameOf(path)] };
  } finally {
    await file.close();
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
