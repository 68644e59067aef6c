/**
 * Parts the differences that this way of taking a backup announced beforehand from the others. A loss announces a difference when it
 * begins with the object (`subscription feed in database orders (…)`) or, for one attribute, with that attribute and the object
 * (`enabled of subscription feed …`). One that excuses only some of the attributes that differ excuses nothing.
 */
export function partDifferences(
  differences: readonly string[],
  losses: readonly string[],
): { readonly unexpected: readonly string[]; readonly announced: readonly string[] } {
  const announced = differences.filter((one) => isAnnounced(one, losses));
  return { unexpected: differences.filter((one) => !announced.includes(one)), announced };
}

function isAnnounced(difference: string, losses: readonly string[]): boolean {
  const parts = /^(.*?): (.*?) (?:is missing|was not there|is different(?:: (.*))?)$/s.exec(difference);
  if (parts === null) return false;
  const [, database = '', object = '', attributes] = parts;
  const named = losses.map((loss) => loss.replace(/ \([^()]*\)$/, ''));
  const place = database === '*' ? '' : ` in database ${database}`;
  const is = (text: string) => named.includes(`${text}${place}`) || named.includes(text);
  const one = singular(object);
  return (
    is(one) ||
    (attributes !== undefined && attributes.split(', ').every((attribute) => is(`${attribute} of ${one}`)))
  );
}

/** `policies public.orders mine` → `policy public.orders mine`: the kind comes first, and in the plural. */
function singular(object: string): string {
  return object
    .replace(/^(policies|indexes|(?:[a-z-]+ )*?[a-z-]+?ies|(?:[a-z-]+ )*?[a-z-]+?s)(?= )/, (kind) =>
      kind === 'indexes' ? 'index' : kind.endsWith('ies') ? `${kind.slice(0, -3)}y` : kind.slice(0, -1),
    )
    .trim();
}
