import { Agent, request } from 'node:http';

/**
 * A process that keeps requests with one body in progress, from the message `start` until the message `stop`, which it answers
 * with their number. `flood.ts URL TENANT CONNECTIONS`; the first message is the body.
 */
const [url = '', tenant = '', connections = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
let body = Buffer.alloc(0);
let running: Promise<unknown[]> = Promise.resolve([]);
let isOver = true;
let sent = 0;

function post(): Promise<void> {
  sent += 1;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-tenant-id': tenant, 'content-length': body.length };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', resolve);
    })
      .on('error', reject)
      .end(body);
  });
}

async function flood(): Promise<void> {
  while (!isOver) await post();
}

process.on('message', async (message: string) => {
  if (message === 'start') {
    isOver = false;
    sent = 0;
    running = Promise.all(Array.from({ length: Number(connections) }, flood));
  } else if (message === 'stop') {
    isOver = true;
    await running;
    process.send?.(sent);
  } else {
    body = Buffer.from(message);
  }
});
