import { Agent, request } from 'node:http';

/**
 * A process that keeps requests with one body in progress, from the message `start` until the message `stop`, which it answers
 * with their number, having given up those in progress. `flood.ts URL CONNECTIONS`; the first message is a FloodRequest.
 */
export interface FloodRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const [url = '', connections = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
let body = Buffer.alloc(0);
let given: FloodRequest['headers'] = {};
let running: Promise<unknown[]> = Promise.resolve([]);
let isOver = true;
let sent = 0;

function post(): Promise<void> {
  sent += 1;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...given, 'content-length': body.length };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      // Also of one that is cut off.
      response.on('close', resolve);
    })
      .on('error', (error) => (isOver ? resolve() : reject(error)))
      .end(body);
  });
}

async function flood(): Promise<void> {
  while (!isOver) await post();
}

process.on('message', async (message: FloodRequest | 'start' | 'stop') => {
  if (message === 'start') {
    isOver = false;
    sent = 0;
    running = Promise.all(Array.from({ length: Number(connections) }, flood));
  } else if (message === 'stop') {
    isOver = true;
    agent.destroy();
    await running;
    process.send?.(sent);
  } else {
    body = Buffer.from(message.body);
    given = message.headers;
  }
});
