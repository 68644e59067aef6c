/** Server settings by name, values as one would write them after the equals sign, without quotes. */
export type Settings = { readonly [name: string]: string };

/** A line for postgresql.conf. */
export function formatSetting([name, value]: [string, string]): string {
  return `${name} = '${value.replaceAll("'", "''")}'`;
}
