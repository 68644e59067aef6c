import { join } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import { loseRegion } from '../regions/lose-region.js';
import type { LostRegion } from '../regions/lost-region.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

/** A whole region goes: its database frozen with its connections open, its store unreachable, its application host off. */
export const loseRegionFault: LabFault = {
  name: 'lose-region',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      lagMs: {
        type: 'integer',
        minimum: 0,
        maximum: 60_000,
        default: 0,
        description:
          'how long nothing reaches region B before region A is lost, in milliseconds: those commits exist in region A alone',
      },
    },
  },
  describe: (args) =>
    `region A disappears: its database stands still with every connection open, its store and its application host are gone${said(args)}`,
  preview: (args) => [
    ...(lagOf(args) > 0
      ? [`SIGSTOP <every process that sends region A’s log>, then ${lagOf(args)} ms nothing`]
      : []),
    'SIGSTOP <postmaster of region A>, then each of its children',
    'SIGKILL <application of region A>',
    'mv <store of region A> <store of region A>.unreachable; a link to itself in its place',
    'INSERT INTO public.application_status …, as a client of region A: no answer',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id))
      throw new Failure('invalid', `fault id '${request.id}' is no file name`);
    const truth = await loseRegion(lab, {
      truthFile: join(lab.paths.faults, `${request.id}.json`),
      lagMs: lagOf(request.args),
      signal: request.signal,
    });
    return { groundTruth: truth as unknown as JsonObject, proof: proofOf(truth) };
  },
};

function proofOf(truth: LostRegion): JsonObject {
  return {
    at: truth.at,
    firstFailedWriteAt: truth.failedWrite?.at ?? null,
    message: truth.failedWrite?.said ?? null,
    frozenProcesses: truth.frozen.length,
    objectsOutOfReach: Object.keys(truth.objects).length,
  };
}

function lagOf(args: JsonObject): number {
  return typeof args['lagMs'] === 'number' ? args['lagMs'] : 0;
}

function said(args: JsonObject): string {
  return lagOf(args) > 0 ? `; for ${lagOf(args)} ms before, nothing reaches region B` : '';
}
