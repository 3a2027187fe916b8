import { bestUsers } from './best-users.ts';

const url = process.argv[2] ?? 'http://127.0.0.1:4000/graphql';
const { data, freshness } = await bestUsers(url, { country: 'US', above: 80, first: 10 });
for (const { node } of data.entities.edges) {
  process.stdout.write(`${node.score?.toFixed(1).padStart(5)}  ${node.name}  (last seen ${node.lastSeen})\n`);
}
process.stdout.write(`served by ${freshness.source}, at most ${freshness.lagMs} ms behind\n`);
