import type { Settings } from '../postgres/index.js';

/**
 * Small, but durable like a real one. The bookings must never fit into the cache: however long people take before the
 * disaster, and however much the application has read by then, there are pages that only a read from disk can serve.
 */
export function labClusterSettings(scale: number): Settings {
  return {
    shared_buffers: scale < 1 ? '2MB' : '4MB',
    max_connections: '50',
    wal_level: 'replica',
    max_wal_senders: '10',
    max_replication_slots: '10',
    // A receiver that died must not fill the disk.
    max_slot_wal_keep_size: '1GB',
    min_wal_size: '32MB',
    max_wal_size: '512MB',
    wal_log_hints: 'on',
    hot_standby: 'on',
    autovacuum: 'on',
    autovacuum_naptime: '30s',
    autovacuum_max_workers: '1',
    autovacuum_vacuum_cost_delay: '20ms',
    log_line_prefix: '%m [%p] %q%a ',
    log_checkpoints: 'off',
    log_autovacuum_min_duration: '-1',
    lc_messages: 'C',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
  };
}
