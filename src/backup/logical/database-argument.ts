/** A database as an argument of PostgreSQL's programs, which take a plain name with `=` in it for connection settings. */
export function databaseArgument(name: string): string {
  return `dbname='${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
