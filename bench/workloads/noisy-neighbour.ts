import type { Figures, Workload } from '../suite/workload.ts';
import { untilIdle } from '../support/idle.ts';
import { latencyMetrics } from '../support/latency.ts';
import { startBusyCores, startFloodProcess, startLoadProcess } from '../support/loaded.ts';
import { GIANT, type Stage } from '../support/stage.ts';

const FLOOD = 64;
const QUIET_TENANT = 2;
const REPRESENTATIONS = 10_000;
const READS = {
  'point read': '{ entity(id: 1) { id score } }',
  count: '{ analytics { count { count } } }',
} as const;
const MOST =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { id type number(key: "score") } } }';

/**
 * Reads of a tenant beside another one that keeps 64 of the most expensive permitted requests in progress; the baseline is the same reads alone, and, to tell what
 * is the server's from what is the machine's, beside as many busy processes as there are cores.
 */
export async function noisyNeighbour(stage: Stage): Promise<readonly Workload[]> {
  const url = `${stage.serve.url}/graphql`;
  const load = startLoadProcess();
  const flood = startFloodProcess(url, FLOOD);
  const r = Array.from({ length: REPRESENTATIONS }, (_, n) => ({ __typename: 'Entity', id: String(n + 1) }));
  const body = JSON.stringify({ query: MOST, variables: { r } });
  const busy = startBusyCores();
  const baselines = {
    '': (measure: () => Promise<Figures>) => measure(),
    ', busy cores': (measure: () => Promise<Figures>) => busy.beside(measure),
  };
  const pairs = Object.entries(READS).flatMap(([name, query]) =>
    Object.entries(baselines).map(([than, baseline]) => ({ name: `noisy-neighbour: ${name}${than}`, query, baseline })),
  );
  let open = pairs.length;
  return pairs.map(({ name, query, baseline }) => {
    const measure = async (): Promise<Figures> => {
      const headers = await stage.headers(QUIET_TENANT);
      return load.latencies({
        ...{ url, connections: 1, seconds: stage.options.seconds, headers, bodies: [JSON.stringify({ query })] },
      });
    };
    return {
      name,
      metrics: latencyMetrics(),
      atlas: async () => flood.beside({ headers: await stage.headers(GIANT), body }, measure),
      baseline: async () => {
        await untilIdle(stage.serve.atlas.pid);
        return baseline(measure);
      },
      stop: async () => {
        open -= 1;
        if (open > 0) return;
        load.stop();
        flood.stop();
        busy.stop();
      },
    };
  });
}
