import { relative } from 'node:path';

/** Relative where that is shorter to type; a path that leads upwards is not. */
export function shownPath(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === '' || near.startsWith('..') ? folder : near;
}
