import type { Diagnostic } from '../../base/index.js';

/** No document of a programme comes near it; what is larger is a mistake, or an attack. */
export const maxSourceBytes = 1024 * 1024;

export interface Source {
  /** As diagnostics shall name it. */
  readonly path: string;
  readonly text?: string;
  readonly bytes?: Uint8Array;
}

type Decoded = { readonly text: string } | { readonly problem: Diagnostic };

/** Bytes → text: UTF-8 only, a byte order mark dropped, nothing larger than 1 MiB, no control characters. */
export function decodeSource(source: Source): Decoded {
  const at = (line: number, column: number, code: string, message: string, hint: string): Decoded => ({
    problem: { file: source.path, line, column, severity: 'error', code, message, hint },
  });
  const sizeBytes = source.bytes?.length ?? Buffer.byteLength(source.text ?? '');
  if (sizeBytes > maxSourceBytes) {
    return at(
      1,
      1,
      'file-too-large',
      `file has ${sizeBytes} bytes`,
      'A document may have up to 1 MiB (1048576 bytes).',
    );
  }
  let text = source.text ?? '';
  if (source.bytes !== undefined) {
    const bad = findInvalidUtf8(source.bytes);
    if (bad !== null) {
      return at(
        bad.line,
        bad.column,
        'not-utf8',
        'file is not valid UTF-8 here',
        'Save the file in the encoding UTF-8.',
      );
    }
    text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(source.bytes);
  }
  if (text.startsWith('\uFEFF')) text = text.slice(1);
  const control = controlCharacter.exec(text);
  if (control !== null) {
    const { line, column } = placeOf(text, control.index);
    const name = `U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    return control[0] === '\0'
      ? at(line, column, 'nul-byte', 'file holds a NUL byte', 'Remove it; is this a text file?')
      : at(line, column, 'control-character', `file holds the control character ${name}`, 'Remove it.');
  }
  return { text };
}

/** All but tab and line ends: a terminal may obey them. */
export const controlCharacter = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/;

function placeOf(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  return { line, column: index - (before.lastIndexOf('\n') + 1) + 1 };
}

/** A line end is never part of a longer UTF-8 sequence, so each line can be judged by itself. */
function findInvalidUtf8(bytes: Uint8Array): { line: number; column: number } | null {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  if (isUtf8(strict, bytes)) return null;
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    const piece = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isUtf8(strict, piece)) {
      const column = new TextDecoder('utf-8').decode(piece).indexOf('\uFFFD') + 1;
      return { line, column: Math.max(1, column) };
    }
    if (end === -1) return { line, column: 1 };
    start = end + 1;
  }
}

function isUtf8(strict: { decode(bytes: Uint8Array): string }, bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
