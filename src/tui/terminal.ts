import { asciiSymbols, unicodeSymbols, type Symbols } from './symbols.js';

export interface Terminal {
  readonly colour: boolean;
  readonly symbols: Symbols;
  readonly screenReader: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the terminal can show, as its environment says: `NO_COLOR` (any value but an empty one), locale, `INK_SCREEN_READER`. */
export function describeTerminal(env: Environment): Terminal {
  const colour = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const locale =
    [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((one) => one !== undefined && one !== '') ?? '';
  // The Linux console has UTF-8 but no glyphs for most of it.
  const unicode = /utf-?8/iu.test(locale) && env['TERM'] !== 'linux';
  return {
    colour,
    symbols: unicode ? unicodeSymbols : asciiSymbols,
    screenReader: env['INK_SCREEN_READER'] === 'true',
  };
}

/** Whether a screen makes sense at all: both ends are terminals, able to move the cursor, and nobody calls this CI. */
export function canShowScreen(
  env: Environment,
  stdin: { readonly isTTY?: boolean },
  stdout: { readonly isTTY?: boolean },
): boolean {
  const ci = env['CI'] !== undefined && env['CI'] !== 'false' && env['CI'] !== '0';
  return stdin.isTTY === true && stdout.isTTY === true && (env['TERM'] ?? 'dumb') !== 'dumb' && !ci;
}
