/** A string, an identifier or a comment of SQL, or a line for psql itself; anything else is taken a character at a time. */
const piece =
  /E'(?:\\[\s\S]|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|--[^\n]*|;|\n\\[^\n]*|[^E'";\n-]+|[\s\S]/gy;

/**
 * Splits what pg_dumpall writes into statements, each with its semicolon and whatever stands before it. A comment or a setting
 * may hold a semicolon, or a whole line that looks like a statement. Joined, they are the text again.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let open = '';
  for (const [part] of text.matchAll(piece)) {
    open += part;
    if (part !== ';' && !part.startsWith('\n\\')) continue;
    statements.push(open);
    open = '';
  }
  return open === '' ? statements : [...statements, open];
}
