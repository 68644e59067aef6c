import { Lexer, Parser, type CST, type LineCounter } from 'yaml';

/** Deeper than any document needs; a parser that recurses stays far from the end of its stack. */
export const maxDepth = 40;
/** About 20,000 lines; bounds the time that any input can take. */
const maxLexemes = 100_000;
const maxProblems = 20;

const scalarFollows = '\x1f';

export interface SyntaxProblem {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

interface Scanned {
  readonly tokens: readonly CST.Token[];
  readonly problems: readonly SyntaxProblem[];
}

/**
 * Cuts YAML text into tokens and refuses, before anything is resolved, what documents must not use: anchors, aliases,
 * tags, directives, several documents, endless nesting. Stops early: no input takes longer than a large honest one.
 */
export function scanTokens(text: string, lines: LineCounter): Scanned {
  const tokens: CST.Token[] = [];
  const problems: SyntaxProblem[] = [];
  const parser = new Parser(lines.addNewLine);
  let lexemes = 0;
  let previous = '';
  let documents = 0;
  lines.addNewLine(0);
  const take = (produced: Iterable<CST.Token>) => {
    for (const token of produced) {
      tokens.push(token);
      if (token.type === 'error')
        problems.push({ offset: token.offset, code: 'yaml-syntax', message: plain(token.message) });
      if (token.type === 'document' && ++documents === 2)
        problems.push({ offset: token.offset, ...severalDocuments });
    }
  };
  for (const lexeme of new Lexer().lex(text)) {
    const offset = parser.offset;
    const problem = previous === scalarFollows ? undefined : forbidden(lexeme);
    if (problem !== undefined) problems.push({ offset, ...problem });
    take(parser.next(lexeme));
    previous = lexeme;
    if (parser.stack.length > maxDepth) {
      problems.push({ offset, ...tooDeep });
      return { tokens, problems };
    }
    if (++lexemes > maxLexemes) {
      problems.push({ offset, ...tooLong });
      return { tokens, problems };
    }
    if (problems.length >= maxProblems || documents > 1) return { tokens, problems };
  }
  take(parser.end());
  return { tokens, problems };
}

function forbidden(lexeme: string): Omit<SyntaxProblem, 'offset'> | undefined {
  switch (lexeme[0]) {
    case '&':
      return {
        code: 'no-anchors',
        message: `anchor "${short(lexeme)}"`,
        hint: 'Anchors and aliases are not allowed: write the value out where it is needed.',
      };
    case '*':
      return {
        code: 'no-aliases',
        message: `alias "${short(lexeme)}"`,
        hint: 'Aliases are not allowed: write the value out here, or put the text in quotes if it begins with an asterisk.',
      };
    case '!':
      return {
        code: 'no-tags',
        message: `tag "${short(lexeme)}"`,
        hint: 'Tags are not allowed: remove it, or put the text in quotes if it begins with an exclamation mark.',
      };
    case '%':
      return {
        code: 'no-directives',
        message: `directive "${short(lexeme)}"`,
        hint: 'Directives are not allowed: documents are YAML 1.2.',
      };
    default:
      return undefined;
  }
}

const severalDocuments = {
  code: 'several-documents',
  message: 'a second document begins here',
  hint: 'A file holds one document: move what follows into a file of its own, or remove the `---`.',
};
const tooDeep = {
  code: 'too-deep',
  message: `nested more than ${maxDepth} levels deep`,
  hint: 'No document needs that: is a bracket not closed?',
};
const tooLong = {
  code: 'too-long',
  message: 'more text than any document needs',
  hint: 'Split the file: about 20,000 lines can be read.',
};

/** A message of the parser in the way ours are written: lower case, no full stop. */
export function plain(message: string): string {
  const line = message.split('\n')[0] ?? '';
  const text = line.replace(/[.:]$/, '').replace(/ at line \d+, column \d+$/, '');
  return short(text.charAt(0).toLowerCase() + text.slice(1), 160);
}

/** On one line, and no longer than that. */
export function short(text: string, max = 60): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
