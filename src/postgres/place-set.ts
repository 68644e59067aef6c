/** A row's place: its page and its line there. */
export interface RowPlace {
  readonly page: number;
  readonly line: number;
}

export function placeText({ page, line }: RowPlace): string {
  return `(${page},${line})`;
}

/** Lines of one slot: an ordinary page of 8 kB has no more (MaxHeapTuplesPerPage is 291); larger pages take several slots. */
const slotLines = 320;
const slotWords = slotLines / 32;
const slotsAtOnce = 4096;
/** A page of 32 kB, the largest, has fewer than 1280 lines. */
const slotsPerPage = 4;

/**
 * Places of rows as one bit each: a transaction may have touched more rows than memory holds as text. Rows of one page share some eighty
 * bytes. Listed page by page, in the order in which the pages were first named.
 */
export class PlaceSet {
  readonly #slots = new Map<number, number>();
  readonly #words: Uint32Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add({ page, line }: RowPlace): void {
    const key = page * slotsPerPage + Math.floor(line / slotLines);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#slots.size;
      this.#slots.set(key, slot);
      if (slot % slotsAtOnce === 0) this.#words.push(new Uint32Array(slotsAtOnce * slotWords));
    }
    const [words, at, bit] = this.#find(slot, line);
    if (((words[at] ?? 0) & bit) !== 0) return;
    words[at] = (words[at] ?? 0) | bit;
    this.#size += 1;
  }

  delete({ page, line }: RowPlace): void {
    const slot = this.#slots.get(page * slotsPerPage + Math.floor(line / slotLines));
    if (slot === undefined) return;
    const [words, at, bit] = this.#find(slot, line);
    if (((words[at] ?? 0) & bit) === 0) return;
    words[at] = (words[at] ?? 0) & ~bit;
    this.#size -= 1;
  }

  has({ page, line }: RowPlace): boolean {
    const slot = this.#slots.get(page * slotsPerPage + Math.floor(line / slotLines));
    if (slot === undefined) return false;
    const [words, at, bit] = this.#find(slot, line);
    return ((words[at] ?? 0) & bit) !== 0;
  }

  *[Symbol.iterator](): Generator<RowPlace> {
    for (const [key, slot] of this.#slots) {
      const page = Math.floor(key / slotsPerPage);
      const from = (key % slotsPerPage) * slotLines;
      for (let line = from; line < from + slotLines; line += 1) {
        const [words, at, bit] = this.#find(slot, line);
        if (((words[at] ?? 0) & bit) !== 0) yield { page, line };
      }
    }
  }

  /** As `(page,line)`, so many at a time. */
  *inParts(atOnce: number): Generator<string[]> {
    let part: string[] = [];
    for (const place of this) {
      part.push(placeText(place));
      if (part.length < atOnce) continue;
      yield part;
      part = [];
    }
    if (part.length > 0) yield part;
  }

  #find(slot: number, line: number): readonly [words: Uint32Array, at: number, bit: number] {
    const words = this.#words[Math.floor(slot / slotsAtOnce)];
    if (words === undefined) throw new RangeError(`there is no slot ${slot}`);
    const within = line % slotLines;
    return [words, (slot % slotsAtOnce) * slotWords + (within >>> 5), (1 << (within & 31)) >>> 0];
  }
}
