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
/** What the baseline of a metric is, at the end of its name. */
const [ALONE, BUSY_CORES] = [', alone', ', beside busy cores'];
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
  let open = Object.keys(READS).length;
  return Object.entries(READS).map(([name, query]) => {
    const measure = async (): Promise<Figures> => {
      const headers = await stage.headers(QUIET_TENANT);
      return load.latencies({
        ...{ url, connections: 1, seconds: stage.options.seconds, headers, bodies: [JSON.stringify({ query })] },
      });
    };
    return {
      name: `noisy-neighbour: ${name}`,
      metrics: [ALONE, BUSY_CORES].flatMap((beside) =>
        latencyMetrics().map((metric) => ({ ...metric, name: metric.name + beside })),
      ),
      atlas: async () => {
        const figures = await flood.beside({ headers: await stage.headers(GIANT), body }, measure);
        return { ...named(figures, ALONE), ...named(figures, BUSY_CORES) };
      },
      baseline: async () => {
        await untilIdle(stage.serve.atlas.pid);
        const alone = await measure();
        return { ...named(alone, ALONE), ...named(await busy.beside(measure), BUSY_CORES) };
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

function named(figures: Figures, beside: string): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name + beside, value]));
}
