import { setTimeout as delay } from 'node:timers/promises';
import { metrics } from '../../test/deployment/support/deployment.ts';
import type { Workload } from '../suite/workload.ts';
import { startFreshServe } from '../support/fresh-serve.ts';
import { startLoadProcess } from '../support/loaded.ts';
import { residentMiB } from '../support/memory.ts';
import type { Stage } from '../support/stage.ts';

const CONNECTIONS = 16;
const IDLE_MS = 1_000;
const QUERIES = [
  '{ entity(id: 7) { id score name: text(key: "name") city: text(key: "city") } }',
  '{ entities(first: 100) { edges { node { id score name: text(key: "name") } } } }',
];

/** A `serve` of its own: how soon it is ready, its memory, and how late its event loop is under load. The baseline is the recorded run. */
export async function processes(stage: Stage): Promise<readonly Workload[]> {
  const load = startLoadProcess();
  const bodies = QUERIES.map((query) => JSON.stringify({ query }));
  return [
    {
      name: 'processes: serve',
      metrics: [
        { name: 'start to ready', unit: 'ms', better: 'lower' },
        { name: 'idle memory', unit: 'MiB', better: 'lower' },
        { name: 'loaded memory', unit: 'MiB', better: 'lower' },
        { name: 'event loop p99', unit: 'ms', better: 'lower' },
      ],
      atlas: async () => {
        const serve = await startFreshServe(stage);
        try {
          await delay(IDLE_MS);
          const idle = residentMiB(serve.atlas.pid);
          await metrics(serve.url);
          const { seconds } = stage.options;
          const headers = await stage.headers();
          await load.latencies({ url: `${serve.url}/graphql`, connections: CONNECTIONS, seconds, headers, bodies });
          const late = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await metrics(serve.url))?.[1];
          return {
            'start to ready': serve.readyMs,
            'idle memory': idle,
            'loaded memory': residentMiB(serve.atlas.pid),
            'event loop p99': Number(late) * 1_000,
          };
        } finally {
          await serve.stop();
        }
      },
      baseline: null,
      warmsUp: false,
      stop: async () => load.stop(),
    },
  ];
}
