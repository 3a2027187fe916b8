import { z } from 'zod';
import { flag, positive, setting } from './setting.ts';

/** What a request may contain, take and return. */
export const LIMIT_SETTINGS = {
  ATLAS_IMPLICIT_ATTRIBUTES: setting(
    flag,
    'false',
    'Define an unknown attribute when it is first written. `atlas dev` turns it on.',
  ),
  ATLAS_STATEMENT_TIMEOUT_MS: setting(positive, '10000', 'Longest run of one statement of a request on Postgres.'),
  ATLAS_ANALYTICS_TIMEOUT_MS: setting(positive, '30000', 'Longest run of one statement of a request on ClickHouse.'),
  ATLAS_ANALYTICS_MEMORY_BYTES: setting(positive, '2000000000', 'Maximum memory for one statement on ClickHouse.'),
  ATLAS_REQUEST_TIMEOUT_MS: setting(
    positive,
    '30000',
    'Longest run of one GraphQL request; then it is answered with TIMEOUT, and its statements are cancelled.',
  ),
  ATLAS_MAX_READ_BYTES: setting(positive, '67108864', 'Largest result of one statement of a request.'),
  ATLAS_MAX_REQUEST_COST: setting(
    positive,
    '50000',
    'Maximum cost of one request, estimated before it runs: about the number of values that it returns, and more for fields that search or count.',
  ),
  ATLAS_MAX_TENANT_RUNNING_COST: setting(
    positive,
    '50000',
    'Maximum cost of the requests of one tenant that one process runs at once; further ones wait for their turn. A request that costs more runs alone.',
  ),
  ATLAS_TENANT_COST_PER_MINUTE: setting(
    z.coerce.number().int().min(0),
    '0',
    'Maximum cost of the requests of one tenant to one process in a minute; 0: no limit.',
  ),
  ATLAS_MAX_TENANT_REQUESTS: setting(
    positive,
    '64',
    'Maximum number of GraphQL requests of one tenant that one process works on at once.',
  ),
  ATLAS_TENANT_POOL_PERCENT: setting(
    z.coerce.number().int().min(1).max(100),
    '75',
    'Part of the connections to a server that the statements of one tenant may take, rounded up. The rest is left to other tenants; 100 suits installations with one tenant.',
  ),
  ATLAS_MAX_RESPONSE_BYTES: setting(positive, '16777216', 'Largest response to a request.'),
  ATLAS_MAX_PAGE_SIZE: setting(positive, '1000', 'Largest first/last of a page.'),
  ATLAS_MAX_BATCH_IDS: setting(
    positive,
    '1000',
    'Maximum number of ids in entitiesById, filter.ids and one predicate list.',
  ),
  ATLAS_MAX_REPRESENTATIONS: setting(positive, '10000', 'Maximum number of representations in one _entities call.'),
  ATLAS_MAX_UPSERT_ROWS: setting(positive, '1000', 'Maximum number of rows in one upsertEntities.'),
  ATLAS_MAX_QUERY_LENGTH: setting(positive, '50000', 'Longest query text, in characters, without variables.'),
  ATLAS_MAX_QUERY_FIELDS: setting(positive, '500', 'Maximum number of fields and fragment spreads in a query.'),
  ATLAS_MAX_QUERY_FRAGMENTS: setting(positive, '100', 'Maximum number of fragments that a query defines.'),
  ATLAS_MAX_QUERY_DEPTH: setting(positive, '15', 'Deepest selection of a query.'),
  ATLAS_MAX_QUERY_ALIASES: setting(positive, '100', 'Maximum number of aliases in a query.'),
  ATLAS_MAX_FILTER_NODES: setting(positive, '100', 'Maximum number of predicates and combinators in one filter.'),
  ATLAS_MAX_FILTER_TARGETS: setting(
    positive,
    '5',
    'Maximum number of conditions on targets of references in one filter. Each is a read of its own.',
  ),
  ATLAS_MAX_SEARCH_WORDS: setting(positive, '10', 'Maximum number of words of one search.'),
  ATLAS_MAX_SEARCH_KEYS: setting(positive, '100', 'Maximum number of attributes that one search looks into.'),
  ATLAS_MAX_BUCKETS: setting(positive, '10000', 'Maximum number of buckets of a distribution.'),
  ATLAS_MAX_DISTRIBUTION_CELLS: setting(
    positive,
    '100000',
    'Maximum number of pairs of a group and a bucket in the answer to a distribution.',
  ),
  ATLAS_MAX_GROUPS: setting(
    positive,
    '10000',
    'Maximum number of groups of statistics, and of groups or values that each source returns for a grouped count, top values or a facet; of more, it returns the most frequent.',
  ),
  ATLAS_MAX_FACETS: setting(positive, '20', 'Maximum number of attributes of one question for facets.'),
  ATLAS_MAX_TIME_SERIES_POINTS: setting(
    positive,
    '10000',
    'Maximum number of points of a time series over all groups, and of periods from its first to its last point.',
  ),
  ATLAS_MAX_NUMBER_BINS: setting(
    positive,
    '100000',
    'Maximum number of bins of numbers that each source returns for statistics, and for sums and means over time: by group (and time), one for each power of two, and 128 with quantiles.',
  ),
  ATLAS_MAX_DEFINITIONS_PER_TENANT: setting(positive, '10000', 'Maximum number of attributes that a tenant defines.'),
  ATLAS_MAX_EXPOSED_PER_TENANT: setting(
    positive,
    '2000',
    'Maximum number of attributes for which a tenant has typed fields.',
  ),
  ATLAS_MAX_RULE_BYTES_PER_TENANT: setting(
    positive,
    '4194304',
    'Maximum size of the rules of all attributes of a tenant, as JSON in UTF-8.',
  ),
  ATLAS_MAX_VALUE_BYTES: setting(positive, '1048576', 'Largest attribute value, as JSON text in UTF-8.'),
  ATLAS_MAX_LIST_ELEMENTS: setting(
    positive,
    '1000',
    'Maximum number of elements of one list. Each takes an index row, if the attribute is filterable.',
  ),
  ATLAS_MAX_ATTRIBUTES_PER_ENTITY: setting(
    positive,
    '2000',
    'Maximum number of attributes of one entity in one write, and of keys in one selection.',
  ),
  ATLAS_MAX_ENTITY_BYTES: setting(
    positive,
    '8388608',
    'Largest entity: all its attribute values as jsonb, uncompressed, after a write.',
  ),
  ATLAS_MAX_REQUEST_BYTES: setting(positive, '4194304', 'Largest request body.'),
  ATLAS_MAX_REQUEST_DEPTH: setting(
    positive,
    '500',
    'How deep objects and lists of a request body may be within each other.',
  ),
  ATLAS_MAX_REQUEST_NAMES: setting(
    positive,
    '50000',
    'Maximum number of different names of members in a request body: each takes a microsecond to read.',
  ),
} as const;
