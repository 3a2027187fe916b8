/**
 * What an event of a subscription takes, and what a tenant with subscribers costs while nothing changes:
 *
 *     npx tsx bench/subscriptions.ts [subscribers] [changes]
 *
 * Over a real shard and ClickHouse, in one process without a transport: from the write to the answer that a transport would send.
 */

import { RequestReport } from '../src/resolvers/request-report.ts';
import { ask } from '../test/graphql/support/ask.ts';
import { startDrivenSources } from '../test/graphql/support/driven-sources.ts';
import { useRunDirectory } from '../test/support/run-directory.ts';
import { openTestRun } from '../test/support/test-run.ts';

const subscribers = Number(process.argv[2] ?? 100);
const changes = Number(process.argv[3] ?? 2_000);
const ROWS = 100;
const PLAIN = 'subscription { entityChanged { change { entityId version } matches cursor } }';
const FILTERED = `subscription { entityChanged(type: "order", filter: { attributes: [{ key: "total", number: { gte: 0 } }] }) {
  change { entityId version attributes { key before after } } matches cursor } }`;

const testRun = await openTestRun();
useRunDirectory(testRun.directory);
const sources = await startDrivenSources({
  ATLAS_SUBSCRIPTION_BUFFER: String(changes * 2),
  ATLAS_SUBSCRIPTION_BUFFER_BYTES: '1000000000',
  ATLAS_MAX_TENANT_SUBSCRIPTIONS: String(subscribers),
  ATLAS_MAX_TENANT_REQUESTS: String(subscribers),
});
const { signal } = new AbortController();

async function open(query: string) {
  const answer = await sources.handler.stream(
    {
      ...{ method: 'POST', path: '/graphql', search: '', rawBody: Buffer.alloc(0), signal },
      headers: new Map([['content-type', 'application/json']]),
      ...{ body: { query }, report: new RequestReport('bench') },
    },
    signal,
  );
  if (answer.kind === 'whole') throw new Error(answer.response.body);
  return answer.answers;
}

async function write(total: number): Promise<void> {
  for (let from = 0; from < changes; from += ROWS) {
    const input = Array.from({ length: Math.min(ROWS, changes - from) }, (_, n) => ({
      ...{ id: String(1 + from + n), type: 'order' },
      attributes: [{ key: 'total', number: total }],
    }));
    const mutation = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { consistencyToken } }';
    const { errors } = await ask(sources.handler, mutation, { variables: { input } });
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
  }
}

try {
  // Until the shard has been copied, nothing is kept of it.
  for (;;) {
    const { data } = await ask(sources.handler, '{ entityHistory(id: "1") { completeSince } }');
    if ((data as { entityHistory: { completeSince: string | null } } | null)?.entityHistory.completeSince) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await write(0);
  const upTo = await ask(
    sources.handler,
    '{ changes(first: 0, freshness: { maxWaitMs: 10000 }) { pageInfo { endCursor } } }',
  );
  if (upTo.errors.length > 0) throw new Error(JSON.stringify(upTo.errors));
  for (const [name, query, total] of [
    ['plain', PLAIN, 1],
    ['filtered', FILTERED, 2],
  ] as const) {
    const opened = await Promise.all(Array.from({ length: subscribers }, () => open(query)));
    const idle = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const idleCpu = process.cpuUsage(idle);
    const told = opened.map(async (answers) => {
      for (let n = 0; n < changes; n++) if ((await answers.next()).done === true) throw new Error('The events ended');
    });
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await write(total);
    const writtenMs = performance.now() - startedAt;
    await Promise.all(told);
    const ms = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    const events = subscribers * changes;
    process.stdout.write(
      `${name}: ${subscribers} subscribers, ${events} events in ${Math.round(ms)} ms (written after ${Math.round(writtenMs)} ms); ` +
        `CPU ${Math.round((user + system) / events)} µs an event, writes and change capture included; ` +
        `idle ${Math.round((idleCpu.user + idleCpu.system) / 50_000)} % of a core, heartbeats included\n`,
    );
    await Promise.all(opened.map((answers) => answers.return?.()));
  }
} finally {
  await sources.stop();
  await testRun.close();
}
process.exit();
