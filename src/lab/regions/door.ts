import { connect, createServer, type Server, type Socket } from 'node:net';
import { fencedDoors, type DoorName } from './doors.js';
import type { NetworkRules } from './network-rules.js';
import { refuseClient } from './refuse-client.js';

/** One port of the network: passes bytes on to region A's database, as far as the rules of the moment allow. */
export interface Door {
  readonly server: Server;
  /** Brings the connections that exist into line with the rules. */
  apply(rules: NetworkRules): void;
  close(): void;
}

interface Passage {
  readonly outside: Socket;
  /** Null for one that came while nothing got through. */
  readonly inside: Socket | null;
  held: boolean;
}

/** `rules` is asked at every new connection: between a change of the rules and its being noticed nobody slips through. */
export function openDoor(name: DoorName, targetPort: number, rules: () => NetworkRules): Door {
  const passages = new Set<Passage>();
  const isShut = ({ fence }: NetworkRules) => fence !== null && fencedDoors.includes(name);
  const isCut = ({ cut }: NetworkRules) => cut.includes(name);
  const server = createServer({ noDelay: true }, (outside) => {
    const now = rules();
    if (now.fence !== null && isShut(now)) {
      refuseClient(outside, `region A is fenced (epoch ${now.fence.epoch}): ${now.fence.why}`);
      return;
    }
    const held = isCut(now);
    const inside = held ? null : connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    const passage: Passage = { outside, inside, held };
    passages.add(passage);
    const end = () => {
      passages.delete(passage);
      outside.destroy();
      inside?.destroy();
    };
    for (const socket of inside === null ? [outside] : [outside, inside])
      socket.on('error', end).on('close', end);
    if (inside !== null) outside.pipe(inside).pipe(outside);
    else outside.pause();
  });
  return {
    server,
    apply: (now) => {
      for (const passage of passages) {
        // What was held is not let go on afterwards: after so long a silence both ends begin anew.
        if (isShut(now) || (passage.held && !isCut(now))) drop(passage);
        else if (isCut(now) && !passage.held) hold(passage);
      }
    },
    close: () => {
      server.close();
      for (const passage of passages) drop(passage);
    },
  };
}

function drop({ outside, inside }: Passage): void {
  outside.destroy();
  inside?.destroy();
}

function hold(passage: Passage): void {
  passage.held = true;
  for (const socket of [passage.outside, passage.inside]) socket?.unpipe().pause();
}
