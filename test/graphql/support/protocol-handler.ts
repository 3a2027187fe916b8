import { authentication } from '../../../src/config/authentication.ts';
import { loadSettings } from '../../../src/config/config.ts';
import { requestLimits } from '../../../src/config/request-limits.ts';
import { roleRules } from '../../../src/config/role-rules.ts';
import type { SettingName } from '../../../src/config/settings.ts';
import { tenantLimits } from '../../../src/config/tenant-limits.ts';
import { trustedDocuments } from '../../../src/config/trusted-documents.ts';
import type { EntityWriter } from '../../../src/datasources/entity-writer.ts';
import type { Routed } from '../../../src/datasources/routed-reads.ts';
import type { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import type { AttributeCatalog } from '../../../src/domain/catalog/attribute-catalog.ts';
import { tracedParts } from '../../../src/entrypoints/wiring/traced-parts.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { createGraphQLHandler, type GraphQLHandlerOptions } from '../../../src/graphql/create-graphql-handler.ts';
import type { GraphQLHandler } from '../../../src/graphql/graphql-handler.ts';
import { DocumentGate, type DocumentGateOptions } from '../../../src/graphql/request/document-gate.ts';
import { TenantAdmission } from '../../../src/graphql/tenants/tenant-admission.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { ShutdownGrace } from '../../../src/lifecycle/shutdown-grace.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import type { Tracing } from '../../../src/observability/tracing.ts';
import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { replicationState } from '../../support/replication-state.ts';
import { testScope } from '../../support/signing-key.ts';
import { CatalogInMemory } from './catalog-in-memory.ts';

const unexpected = async (): Promise<never> => {
  throw new Error('this test reads and writes nothing');
};

/** @param input that of the question. */
type AnswerTo = (input: never, requirement: FreshnessRequirement) => Promise<Omit<Routed<unknown>, 'entities' | 'ms'>>;

interface ProtocolOptions {
  readonly environment?: Partial<Record<SettingName, string>>;
  readonly defaultTenant?: number | null;
  readonly catalog?: Pick<CatalogInMemory, 'forTenant'>;
  /** Brings the catalog to a revision, which would read a database. */
  readonly atLeast?: AttributeCatalog['atLeast'];
  readonly onUntrusted?: DocumentGateOptions['onUntrusted'];
  readonly define?: AttributeCatalog['define'];
  /** The answers to the questions that are expected, by their names. */
  readonly reads?: Readonly<Record<string, AnswerTo>>;
  readonly writer?: Partial<EntityWriter>;
  /** How long `stop` waits for running requests. */
  readonly graceMs?: number;
  readonly logger?: GraphQLHandlerOptions['logger'];
  /** Of the operation and its reads. */
  readonly tracing?: Tracing;
  readonly clock?: Clock;
}

/** GraphQL over HTTP without any store, for everything that does not depend on reads. */
export function protocolHandler(options: ProtocolOptions = {}): GraphQLHandler {
  const { environment = {}, defaultTenant = 1, catalog = new CatalogInMemory(), clock = systemClock } = options;
  const settings = loadSettings({ ...environment });
  return createGraphQLHandler({
    limits: requestLimits(settings),
    authentication: authentication(settings),
    tenants: new TenantAdmission({ limits: tenantLimits(settings), clock }),
    roleRules: roleRules(settings),
    documents: new DocumentGate({
      documents: trustedDocuments(settings),
      logger: options.logger ?? createLogger('silent'),
      ...(options.onUntrusted && { onUntrusted: options.onUntrusted }),
    }),
    explainer: { explain: async () => null },
    logger: options.logger ?? createLogger('silent'),
    clock,
    shards: new ShardMap([{ id: 's0', primary: 'postgres://s0', replicas: [] }], { kind: 'hash' }),
    tokenScope: testScope('s0'),
    attributes: {
      forTenant: (tenant) => catalog.forTenant(tenant),
      define: options.define ?? unexpected,
      change: unexpected,
      describeType: unexpected,
      usage: () => {
        throw new Error('unexpected');
      },
      refresh: unexpected,
      atLeast: options.atLeast ?? (async () => {}),
      onChange: () => () => {},
    },
    router: tracedParts(options.tracing ?? null).router(answering(options.reads ?? {})),
    tracing: options.tracing ?? null,
    writer: { upsert: unexpected, delete: unexpected, ...options.writer },
    eraser: { erase: unexpected, list: unexpected },
    replication: replicationState({ s0: {} }),
    defaultTenant,
    grace: new ShutdownGrace(options.graceMs ?? 10_000),
  });
}

function answering(answers: Readonly<Record<string, AnswerTo>>): Pick<ReadRouter, 'ask'> {
  return {
    async ask({ name, input }, requirement) {
      const { data, reads } = await (answers[name] ?? unexpected)(input as never, requirement);
      return { data: data as never, reads, entities: reads.map(() => 1), ms: reads.map(() => 1) };
    },
  };
}
