import autocannon from 'autocannon';

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
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
}

process.on('message', async ({ url, headers, connections, seconds, bodies }: Load) => {
  let next = 0;
  const result = await autocannon({
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
  });
  const answer: LoadResult = {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.errors + result.timeouts + result.non2xx,
  };
  process.send?.(answer);
});
