import autocannon from 'autocannon';
import { quantile } from '../suite/spread.ts';

/**
 * A process that sends POST requests over some connections for some time, and answers with what became of them. It is one of its own so
 * that what it computes does not count as the server's. Messages: Load; the answer: LoadResult.
 */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turns. */
  readonly bodies: readonly string[];
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** In milliseconds. Without any response, the time that there was for one. */
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

process.on('message', async ({ url, headers, connections, seconds, bodies }: Load) => {
  let next = 0;
  const taken: number[] = [];
  const options: autocannon.Options = {
    ...{ url, method: 'POST', connections, duration: seconds },
    headers: { 'content-type': 'application/json', ...headers },
    requests: [
      {
        setupRequest: (request) => {
          next = (next + 1) % bodies.length;
          return { ...request, body: bodies[next] ?? '' };
        },
      },
    ],
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
    // Its own histogram has whole milliseconds.
    run.on('response', (_client, _status, _bytes, ms) => void taken.push(ms));
  });
  taken.sort((a, b) => a - b);
  const at = (level: number) => (taken.length === 0 ? seconds * 1_000 : quantile(taken, level));
  const answer: LoadResult = {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50: at(0.5),
    p99: at(0.99),
    failed: result.errors + result.timeouts + result.non2xx,
  };
  process.send?.(answer);
});
