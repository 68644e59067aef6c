/**
 * Folds a long journal once, as a resumed run does, and prints what that cost as JSON: processor and wall time in milliseconds.
 * Usage: node fold-program.mjs FOLDER ENTRIES
 */
import { fold } from '../../dist/run/index.js';
import { generatedPlan } from './generated-plan.mjs';
import { runGenerated } from './run-generated.mjs';

const [, , directory, count] = process.argv;
const entries = Number(count);
const check = { verdict: 'pass', describe: 'x', outputs: {}, evidence: [], durationMs: 1 };
const failure = { reason: 'exit-code', message: 'x', retryable: true };
const attempt = { step: 's3', attempt: 1 };

/** What a long run consists of: waits that look again and again, rounds of acceptance, observations, steps tried anew. */
const kinds = [
  { type: 'step-started', data: { ...attempt, describe: '', args: {}, by: 'machine' } },
  { type: 'check-evaluated', data: { ...attempt, purpose: 'wait', check } },
  { type: 'step-failed', data: { ...attempt, failure, evidence: [], willRetry: true } },
  {
    type: 'acceptance-probed',
    data: { round: 1, checks: [{ id: 'c', critical: true, check }], green: true },
  },
  { type: 'observed', data: { what: 'write', state: 'ok', detail: '', sentinelAt: '', ledgerSeq: 1 } },
  { type: 'note-taken', data: { text: 'x' } },
];

const step = (_, at) => `{id: s${at}, title: S, role: lead, uses: bench.nothing}`;
const plan = generatedPlan(Array.from({ length: 60 }, step));
const real = await runGenerated(plan, directory);
const begun = real.slice(0, real.findIndex(({ type }) => type === 'step-succeeded') + 1);
const lines = begun.map((entry) => ({ entry, sha256: 'x' }));
while (lines.length < entries) {
  const entry = { ...begun.at(-1), ...kinds[lines.length % kinds.length], seq: lines.length + 1 };
  lines.push({ entry, sha256: 'x' });
}

const before = process.cpuUsage();
const begin = performance.now();
const state = fold(plan, lines);
const wallMs = performance.now() - begin;
const { user, system } = process.cpuUsage(before);
if (state.seq !== entries) throw new Error(`folded up to ${state.seq} of ${entries}`);
process.stdout.write(JSON.stringify({ processorMs: (user + system) / 1000, wallMs }));
