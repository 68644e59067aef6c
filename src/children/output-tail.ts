import { stripVTControlCharacters } from 'node:util';
import { StringDecoder } from 'node:string_decoder';

/** Keeps the last lines of a stream of bytes in bounded memory, without control sequences. */
export interface OutputTail {
  write(chunk: Uint8Array): void;
  lines(): string[];
}

export function outputTail(maxLines = 200, maxLineLength = 2000): OutputTail {
  const decoder = new StringDecoder('utf8');
  let kept: string[] = [];
  let open = '';
  // From the end: of a flood only the last lines are worth cleaning.
  const keep = (lines: readonly string[]) => {
    const fresh: string[] = [];
    for (let at = lines.length - 1; at >= 0 && fresh.length < maxLines; at -= 1) {
      const clean = cleanLine(lines[at] ?? '').slice(0, maxLineLength);
      if (clean.trim() !== '') fresh.push(clean);
    }
    if (fresh.length > 0) kept = [...kept, ...fresh.reverse()].slice(-maxLines);
  };
  return {
    write(chunk) {
      // A carriage return alone is how progress displays rewrite their line: each rewriting counts as a line.
      const parts = (open + decoder.write(chunk)).split(/\r\n|\n|\r/);
      open = (parts.pop() ?? '').slice(0, 64 * 1024);
      keep(parts);
    },
    lines() {
      const last = cleanLine(open).slice(0, maxLineLength);
      return last.trim() === '' ? [...kept] : [...kept, last].slice(-maxLines);
    },
  };
}

function cleanLine(line: string): string {
  return stripVTControlCharacters(line).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
