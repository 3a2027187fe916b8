/**
 * What references add to a request: `npx tsx bench/references.ts URL [thousands]`, to a running `atlas dev --no-sample`, whose tenant 7070 it fills. Requests in
 * turns, each with the one that it is compared with, from the primaries.
 */
const [url, thousands = '50'] = process.argv.slice(2);
if (url === undefined) throw new Error('Expected the URL of a running server');
const BOOKS = Number(thousands) * 1_000;
const AUTHORS = 5_000;
const ROUNDS = 200;
const print = (line: string) => process.stdout.write(`${line}\n`);

const run = async (query: string, variables: object = {}): Promise<void> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tenant-id': '7070', 'x-freshness-requirement': 'realtime' },
    body: JSON.stringify({ query, variables }),
  });
  const { errors = [] } = (await response.json()) as { errors?: readonly unknown[] };
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
};
for (const input of ['key: "name", type: TEXT', 'key: "country", type: TEXT', 'key: "author", type: REFERENCE']) {
  await run(`mutation { defineAttribute(input: { ${input}, exposed: true }) { consistencyToken } }`);
}
const write = async (from: number, to: number, row: (n: number) => object): Promise<void> => {
  for (let first = from; first < to; first += 1_000) {
    const input = Array.from({ length: Math.min(1_000, to - first) }, (_, index) => row(first + index));
    await run('mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }', {
      input,
    });
  }
};
await write(0, AUTHORS, (n) => ({
  id: String(n + 1),
  type: 'author',
  attributes: [
    { key: 'name', text: `author ${n}` },
    { key: 'country', text: `country ${n % 200}` },
  ],
}));
await write(0, BOOKS, (n) => ({
  id: String(1_000_000 + n),
  type: 'book',
  attributes: [
    { key: 'name', text: `book ${n}` },
    { key: 'author', reference: String(1 + ((n * 7) % AUTHORS)) },
  ],
}));
const ids = (country: number) => Array.from({ length: AUTHORS / 200 }, (_, n) => String(1 + country + n * 200));
const cases: Readonly<Record<string, (round: number) => string>> = {
  'a page of 50': (n) => page(n, 'name'),
  'with what each refers to': (n) => page(n, 'name author { name }'),
  'a filter by 25 ids': (n) => filtered(`in: ${JSON.stringify(ids(n % 200))}`),
  'a filter by what they are': (n) => filtered(`target: { country: { eq: "country ${n % 200}" } }`),
  '50 authors': (n) => authors(n, ''),
  'with what refers to each': (n) => authors(n, 'referencedBy(key: "author", first: 10) { edges { node { name } } }'),
  // In an order of its own, though the same, each is a statement.
  'with the same, one by one': (n) =>
    authors(
      n,
      'referencedBy(key: "author", first: 10, orderBy: [{ field: ID, direction: ASC }]) { edges { node { name } } }',
    ),
  'an entity': (n) => `{ entity(id: "${1 + n}") { name } }`,
  'with what refers to it': (n) =>
    `{ entity(id: "${1 + n}") { name referencedBy(key: "author") { edges { node { name } } } } }`,
};
const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
for (let round = -20; round < ROUNDS; round++) {
  for (const [name, query] of Object.entries(cases)) {
    const text = query(round + 20);
    const startedAt = performance.now();
    await run(text);
    if (round >= 0) times.get(name)?.push(performance.now() - startedAt);
  }
}
for (const [name, found] of times) {
  const median = found.sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? Number.NaN;
  print(`${name}: ${median.toFixed(2)} ms`);
}

function page(n: number, fields: string): string {
  return `{ entities(type: "book", filter: { ids: ${JSON.stringify(Array.from({ length: 50 }, (_, index) => String(1_000_000 + ((n * 131 + index * 17) % BOOKS))))} }) { edges { node { ${fields} } } } }`;
}

function authors(n: number, fields: string): string {
  const first = 1 + ((n * 50) % AUTHORS);
  return `{ entities(type: "author", filter: { ids: ${JSON.stringify(Array.from({ length: 50 }, (_, index) => String(first + index)))} }) { edges { node { name ${fields} } } } }`;
}

function filtered(condition: string): string {
  return `{ entities(type: "book", where: { author: { ${condition} } }) { edges { node { name } } } }`;
}
