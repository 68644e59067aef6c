/** `orders_before_20270117T010203Z`, cut at the front part so that the whole stays a name (63 bytes at most). */
export function stampedName(database: string, what: 'before' | 'after' | 'restore', at: Date): string {
  const stamp = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  const end = `_${what}_${stamp}`;
  let front = database;
  while (Buffer.byteLength(front + end) > 63) front = front.replace(/.$/su, '');
  return front + end;
}
