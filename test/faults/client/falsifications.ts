import type { World } from '../model/world.ts';
import type { Answer, GraphQLRequest, ReportedRead } from './answer.ts';
import type { Falsification } from './falsification.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Every replicated read claims to lack nothing, consistently in data, extensions and headers. */
export const smallLags: Falsification = {
  name: 'reported lags are too small',
  answer(answer) {
    if (answer.freshness === null) return answer;
    const at = new Date(Math.floor(answer.sentAt)).toISOString();
    const reads = answer.freshness.reads.map((read) => withoutLag(read, at));
    const freshness = { ...answer.freshness, servedClass: 'REALTIME', maxLagMs: 0, reads };
    const data = transformed(answer.data as Json, (part) =>
      typeof part.lagMs === 'number' && 'servedClass' in part
        ? (withoutLag({ ...part, servedClass: 'REALTIME' } as never, at) as unknown as Json)
        : part,
    ) as Answer['data'];
    const dates = reads.some(({ source }) => source !== 'PRIMARY') ? { 'x-source-timestamp': at } : {};
    const [oldest = at] = reads.map(({ dataTimestamp }) => dataTimestamp ?? at).sort();
    const headers = {
      ...answer.headers,
      'x-actual-lag-ms': '0',
      'x-data-freshness': 'realtime',
      'x-data-timestamp': oldest,
      ...dates,
    };
    return { ...answer, freshness, data, headers };
  },
};

function withoutLag(read: ReportedRead, at: string): ReportedRead {
  if (read.source === 'PRIMARY') return read;
  const isRealtime = 'requested' in read && read.requested?.class === 'REALTIME';
  return {
    ...read,
    lagMs: 0,
    dataTimestamp: at,
    sourceTimestamp: at,
    stale: isRealtime && read.stale,
    reason: read.fellBack ? read.reason : 'WITHIN_BOUND',
  };
}

/** Some writes are acknowledged, but never sent. */
export function droppedWrites(world: World): Falsification {
  let writes = 0;
  return {
    name: 'acknowledged writes are dropped',
    answerInstead(request) {
      const input = request.variables.input as readonly { id: string }[] | undefined;
      const token = world.latestToken(tenantOf(request))?.token;
      if (input === undefined || token === undefined || ++writes % 5 > 0) return undefined;
      const results = input.map(({ id }) => {
        const { version } = world.entity(tenantOf(request), id).latest;
        return { status: version === 1 ? 'CREATED' : 'UPDATED', error: null, entity: null };
      });
      const data = { upsertEntities: { consistencyToken: token, results } };
      return { status: 200, headers: {}, data, errors: [], freshness: null };
    },
  };
}

function tenantOf({ headers }: GraphQLRequest): number {
  return Number(headers['x-tenant-id']);
}

/** Pages show their first node twice. */
export const duplicatedNodes: Falsification = {
  name: 'pages show a node twice',
  answer: (answer) => changedPage(answer, (edges) => [...edges.slice(0, 1), ...edges]),
};

/** Pages leave out their first node. */
export const missingNodes: Falsification = {
  name: 'pages leave out a node',
  answer: (answer) => changedPage(answer, (edges) => edges.slice(1)),
};

/** Servers get no filter, so pages and counts contain what the filter excludes. */
export const ignoredFilters: Falsification = {
  name: 'pages contain what their filter excludes',
  request: (request) => ({ ...request, variables: { ...request.variables, filter: null } }),
};

/** Servers get no token. */
export const ignoredTokens: Falsification = {
  name: 'tokens are ignored',
  request(request) {
    const { 'x-consistency-token': _header, ...headers } = request.headers;
    const variables = transformed(request.variables as Json, ({ after: _token, ...rest }) => rest);
    return { ...request, headers, variables: variables as GraphQLRequest['variables'] };
  },
};

/** One more is counted than there is. */
export const inflatedCounts: Falsification = {
  name: 'one more is counted',
  answer: (answer) => ({
    ...answer,
    data: transformed(answer.data as Json, (part) =>
      typeof part.count === 'number' ? { ...part, count: part.count + 1 } : part,
    ) as Answer['data'],
  }),
};

/** Entities mix the states of two moments: a text is that of an earlier answer. */
export function tornEntities(): Falsification {
  const marks = new Map<string, Json>();
  return {
    name: 'entities mix two states',
    answer: (answer) => ({
      ...answer,
      data: transformed(answer.data as Json, (part) => {
        if (part.key !== 'mark' || part.text === undefined) return part;
        const before = marks.get('mark') ?? part.text;
        marks.set('mark', part.text);
        return { ...part, text: before };
      }) as Answer['data'],
    }),
  };
}

function changedPage(answer: Answer, change: (edges: readonly Json[]) => readonly Json[]): Answer {
  const page = answer.data?.entities as { readonly edges: readonly Json[] } | null | undefined;
  if (page === null || page === undefined) return answer;
  return { ...answer, data: { ...answer.data, entities: { ...page, edges: change(page.edges) } } };
}

/** Applies `change` to every object inside, the inner ones first. */
function transformed(value: Json, change: (part: { readonly [key: string]: Json }) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => transformed(item, change));
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([key, member]): [string, Json] => [key, transformed(member, change)]);
  return change(Object.fromEntries(members));
}
