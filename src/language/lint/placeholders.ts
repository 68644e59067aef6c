/** Words people leave where a name or a number should be. */
const placeholder =
  /^(todo|tbd|tba|n\/?a|none|unknown|changeme|fixme|\?+|-+|\.+|…+|x{2,}|example.*|placeholder.*|<.*>|your[ -].*|(name|contact|phone|email)( here)?)$/i;
/** Domains and numbers that reach nobody, by RFC 2606 and by habit. */
const unreachable =
  /@example\.|\.example$|example\.(com|org|net)|@(test|invalid|localhost)$|555[- ]?01\d\d|^\+?[0x\s()-]*$|^\+?1?234567?8?9?0?$/i;

/** Whether a contact reaches nobody: it was never filled in. */
export function isPlaceholder(text: string): boolean {
  const word = text.trim();
  return (
    word === '' ||
    placeholder.test(word) ||
    unreachable.test(word) ||
    /\b(todo|tbd|fixme|xxx+)\b/i.test(word) ||
    word.includes('…')
  );
}

/** A word that stands for what is still to be written; in a whole sentence other signs say nothing. */
const unwritten = /\b(todo|tbd|tba|fixme|changeme|xxx+)\b|@example\.|\bexample\.(com|org|net)\b/i;

/** Whether a text that people are to read was never finished: nothing but a placeholder, or one in the middle of it. */
export function holdsPlaceholder(prose: string): boolean {
  const text = prose.trim();
  return unwritten.test(text) || /^(<[^<>]*>|\[[^[\]]*\]|[?.…-]+)$/.test(text);
}
