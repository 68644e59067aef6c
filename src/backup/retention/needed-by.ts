import type { ListedSet } from '../set/backup-set.js';

/** Sets without which this one cannot be restored: the earlier backups that an incremental one in a repository builds on. */
export function neededBy(set: ListedSet, sets: readonly ListedSet[]): ListedSet[] {
  const { manifest } = set;
  if (manifest.kind !== 'pgbackrest') return [];
  const { needs, stanza, repo } = manifest.repository;
  return sets.filter(({ manifest: other }) => {
    if (other.kind !== 'pgbackrest' || other.id === manifest.id) return false;
    const { repository } = other;
    return repository.stanza === stanza && repository.repo === repo && needs.includes(repository.label);
  });
}
