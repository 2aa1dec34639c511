import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Range of ports. Operating systems assign higher ports to connections and to servers that ask for any port, so a port
 * of this range stays free until its server starts, also while other tests run.
 */
const FIRST = 20_000;
const END = 32_000;

/** Returns a free port, for a server that needs its port in advance. */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST, END);
  await using server = createServer();
  try {
    await once(server.listen(port), 'listening');
    return port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      return freePort();
    }
    throw error;
  }
}
