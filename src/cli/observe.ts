import { Failure } from '../base/index.js';
import { encodeSurvivors } from '../evidence/index.js';
import type { Attach, ObserverPort } from '../executor/index.js';
import { observeLab, trafficTarget, type Lab } from '../lab/index.js';
import { connectTo, type ClusterLocation } from '../postgres/index.js';
import {
  compareLedger,
  followLedger,
  headOf,
  ledgerHead,
  listSurvivors,
  readLedger,
  readLedgerText,
  trackFigures,
  type SentinelNote,
} from '../sentinel/index.js';

export interface Watching {
  readonly port: ObserverPort;
  /** Stops counting; the sentinel itself goes on. */
  stop(): void;
}

/** The lab's sentinel behind the executor's port. */
export async function observe(
  lab: Lab,
  recordDirectory: string,
  session: string,
  attach: Attach,
): Promise<Watching> {
  const note = await observeLab(lab, { recordDirectory, session });
  const ownOnly = lab.state().seed !== undefined;
  return watchSentinel(note, () => Promise.resolve(trafficTarget(lab)), attach, ownOnly);
}

/**
 * A sentinel that lives, behind the executor's port; `target` tells where clients are sent. Where the table outlives a run,
 * canaries older than this ledger's first commit are no part of what it can tell (`ownOnly`).
 */
export function watchSentinel(
  note: SentinelNote,
  target: () => Promise<ClusterLocation>,
  attach: Attach,
  ownOnly = false,
): Watching {
  const { figures, stop } = trackFigures(note.ledger);
  const port: ObserverPort = {
    resolutionMs: note.resolutionMs,
    ledger: 'ledger.jsonl',
    follow: (afterSeq, listener) =>
      followLedger(note.ledger, afterSeq, (line) => {
        if (line.kind !== 'state') return;
        const { what, state, detail, at, seq } = line;
        listener({ what, state, detail, sentinelAt: at, ledgerSeq: seq });
      }),
    figures,
    head: () => ledgerHead(note.ledger),
    survivors: async () => {
      // The head first: a commit acknowledged after it proves nothing about the rows read now.
      const text = await readLedgerText(note.ledger);
      const { lines } = readLedger(text);
      const { seq, sha256 } = headOf(text);
      if (seq === 0) throw new Failure('unavailable', 'the sentinel’s ledger is empty');
      const session = await connectTo(await target(), {
        readOnly: true,
        applicationName: 'firedrill survivors',
      });
      const all = await listSurvivors(session).finally(() => session.end());
      const first = lines.find((line) => line.kind === 'commit')?.id ?? 0;
      const ids = ownOnly ? all.filter((id) => id >= first) : all;
      const evidence = await attach('canary rows present after recovery', encodeSurvivors(ids), 'json');
      const { acknowledged, present, missing, unacknowledged, windowMs } = compareLedger(lines, seq, ids);
      return {
        ledger: { seq, sha256 },
        acknowledged,
        present,
        missing,
        unacknowledged,
        windowMs,
        evidence: [evidence],
      };
    },
  };
  return { port, stop };
}
