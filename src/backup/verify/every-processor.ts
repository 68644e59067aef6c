/**
 * Lets one query of a session use several processors. A restored copy has the settings of its source, which may forbid that to spare its
 * clients; a copy that nobody else uses has none.
 */
export const everyProcessor = 'set max_parallel_workers_per_gather = 2';
