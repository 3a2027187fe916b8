import type { Figures, Workload } from '../suite/workload.ts';
import { ENTITY_TYPE, SCORES } from '../support/generated-entities.ts';
import { untilIdle } from '../support/idle.ts';
import { latencyMetrics } from '../support/latency.ts';
import { startFloodProcess, startLoadProcess } from '../support/loaded.ts';
import { GIANT, type Stage } from '../support/stage.ts';
import { startSteadyWrites } from '../support/steady-writes.ts';

const VALUES_PER_SECOND = 10_000;
const READERS = 4;
const BODIES = 500;
const QUERY = 'query ($id: ID!) { entity(id: $id) { id score name: text(key: "name") city: text(key: "city") } }';
const DISTRIBUTION = `{ analytics { distribution(type: "${ENTITY_TYPE}", attribute: "score", groupBy: ["status"], min: 0, max: ${SCORES}, buckets: 20) {
  groups { value buckets { bucket count } } } } }`;

/** Point reads beside writes and analytics of the same tenant; the baseline is the same reads alone. */
export async function mixed(stage: Stage): Promise<readonly Workload[]> {
  await stage.settle();
  const url = `${stage.serve.url}/graphql`;
  const load = startLoadProcess();
  const analysts = startFloodProcess(url, 1);
  const bodies = Array.from({ length: BODIES }, (_, n) =>
    JSON.stringify({ query: QUERY, variables: { id: String(((n * 7_919) % stage.giantSize) + 1) } }),
  );
  const measure = async (): Promise<Figures> =>
    load.latencies({
      url,
      connections: READERS,
      seconds: stage.options.seconds,
      headers: await stage.headers(),
      bodies,
    });
  return [
    {
      name: 'mixed: point read beside 10,000 values/s written and analytics',
      metrics: latencyMetrics().map((metric) =>
        metric.name === 'p99' ? { ...metric, ratio: 3, isGuarded: false } : { ...metric, isGuarded: true },
      ),
      atlas: async () => {
        const writes = await startSteadyWrites(stage, VALUES_PER_SECOND);
        const asked = { headers: await stage.headers(GIANT), body: JSON.stringify({ query: DISTRIBUTION }) };
        const figures = await analysts.beside(asked, measure);
        await writes.stop();
        return figures;
      },
      baseline: async () => {
        await stage.settle();
        await untilIdle(stage.serve.atlas.pid);
        return measure();
      },
      stop: async () => {
        load.stop();
        analysts.stop();
      },
    },
  ];
}
