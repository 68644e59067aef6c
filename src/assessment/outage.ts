import type { LedgerLine, RunRecord } from './record.js';

/** A stretch in which the sentinel's probe of one kind failed, by the sentinel's own clock. */
export interface OutageFact {
  readonly what: 'write' | 'read' | 'application';
  readonly from: string;
  /** Null: still failing when the ledger ends. */
  readonly until: string | null;
  /** Up to the ledger's last line when it never ended. */
  readonly durationMs: number;
  readonly detail: string;
  /** Lines of the ledger. */
  readonly ledgerSeqs: readonly number[];
}

/** The failing intervals the sentinel wrote down, oldest first; several lines of the same state are one interval. */
export function outagesOf({ ledger }: RunRecord): OutageFact[] {
  const last = ledger.at(-1);
  return (['write', 'read', 'application'] as const)
    .flatMap((what) => {
      const states = ledger.filter(
        (line): line is Extract<LedgerLine, { kind: 'state' }> => line.kind === 'state' && line.what === what,
      );
      const outages: OutageFact[] = [];
      let open: (typeof states)[number] | null = null;
      const close = (from: (typeof states)[number], end: LedgerLine | null) => {
        outages.push({
          what,
          from: from.at,
          until: end?.at ?? null,
          durationMs: Date.parse((end ?? last ?? from).at) - Date.parse(from.at),
          detail: from.detail,
          ledgerSeqs: [from.seq, ...(end ? [end.seq] : [])],
        });
      };
      for (const line of states) {
        if (line.state === 'failing') open ??= line;
        else if (open) {
          close(open, line);
          open = null;
        }
      }
      if (open) close(open, null);
      return outages;
    })
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
}
