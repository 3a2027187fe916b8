import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import type { Authentication } from '../config/authentication.ts';
import type { Caller } from '../domain/caller.ts';
import { AtlasError } from '../domain/errors.ts';
import { SHARED_TENANT, type TenantId } from '../domain/identifiers.ts';
import { prepareJsonSchemas } from '../domain/rules/json-schema.ts';
import { ChangeFeeds } from '../feeds/change-feeds.ts';
import type { ChangeEvent } from '../feeds/change-selection.ts';
import { checkExpiry } from '../feeds/tenant-feed.ts';
import { encodeToken } from '../freshness/consistency-token.ts';
import { parseFreshnessHeaders } from '../freshness/parse-freshness.ts';
import { systemPause } from '../lib/pause.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import { KnownTypes } from '../loaders/known-types.ts';
import type { Logger } from '../observability/logger.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { RequestContext, RequestedEvents } from '../resolvers/request-context.ts';
import type { CostBudget } from '../resolvers/request-cost.ts';
import { RequestReport } from '../resolvers/request-report.ts';
import { compileInputs } from './compiled-inputs.ts';
import { rememberConstantArguments } from './constant-arguments.ts';
import { EventAnswers } from './event-answers.ts';
import type { GraphQLHandler, GraphQLHttpRequest, GraphQLHttpResponse, StreamedAnswer } from './graphql-handler.ts';
import { type ContextParts, createContext, EXPLAIN_HEADER } from './request/create-context.ts';
import type { DocumentGate } from './request/document-gate.ts';
import { errorFormatter, statusOfRefusal } from './request/error-formatter.ts';
import { callerIdentifier, callerMissing } from './request/identify-caller.ts';
import { QuerySize } from './request/query-size.ts';
import { asksOnlyForSdl, queryText, subscriptionAsPost } from './request/query-text.ts';
import { reportedErrors } from './request/reported-errors.ts';
import { noteRequest } from './request/request-of-error.ts';
import { responseType, statusWithType } from './request/response-type.ts';
import { checkSubscriptionRoot } from './request/subscription-root.ts';
import { tracedOperation } from './request/traced-operation.ts';
import { createDocumentStore } from './schema/document-store.ts';
import { loadSdl } from './schema/load-sdl.ts';
import { SchemaRegistry } from './schema/schema-registry.ts';
import type { Admission, TenantAdmission } from './tenants/tenant-admission.ts';
import { TenantLimitReached } from './tenants/tenant-limit-reached.ts';

export interface GraphQLHandlerOptions extends Omit<ContextParts, 'knownTypes' | 'feeds'> {
  readonly authentication: Authentication;
  readonly tenants: TenantAdmission;
  readonly documents: DocumentGate;
  readonly logger: Logger;
  /** Null, or not given: nothing is traced. */
  readonly tracing?: Tracing | null;
  /** The tenant of a request that names none; null if such a request is refused. */
  readonly defaultTenant: TenantId | null;
  /** How long running requests may take once the handler stops. */
  readonly grace: ShutdownGrace;
  /** Called with every event of a subscription. */
  readonly onEvent?: () => void;
  /** Called with every subscription that an error ends, with its code. */
  readonly onSubscriptionEnd?: (code: string) => void;
}

/** An operation that was executed. */
interface Operation {
  readonly admitted: GraphQLHttpRequest;
  readonly context: RequestContext;
}

interface Answered {
  readonly response: GraphQLHttpResponse;
  /** Undefined if the request was refused before. */
  readonly operation?: Operation;
}

/** Of what has been charged before. */
const NO_BUDGET: CostBudget = { spend: () => {}, begin: async () => {}, charge: () => {} };

export function createGraphQLHandler(options: GraphQLHandlerOptions): GraphQLHandler {
  const { authentication, tenants, documents, logger, tracing = null, defaultTenant, grace, ...given } = options;
  const { limits } = given;
  rememberConstantArguments();
  compileInputs();
  const feeds = new ChangeFeeds({
    ...{ router: given.router, shards: given.shards.shards.map(({ id }) => id) },
    ...{ limits: limits.subscriptions, clock: given.clock, pause: systemPause, logger },
  });
  const parts: ContextParts = { ...given, feeds, knownTypes: new KnownTypes() };
  const registry = new SchemaRegistry(loadSdl(), { limits, logger, documents: createDocumentStore() });
  registry.prepare(parts.attributes.forTenant(SHARED_TENANT));
  prepareJsonSchemas();
  const querySize = new QuerySize(limits);
  const identify = callerIdentifier(authentication, parts.clock);
  const formatError = errorFormatter(logger);
  const running = new Set<Promise<unknown>>();
  let stopping = false;

  const refused = (request: GraphQLHttpRequest, status: number, error: unknown): GraphQLHttpResponse => {
    if (typeof error === 'object' && error !== null) noteRequest(error, request.report.id);
    const formatted = formatError({ message: String(error) }, error);
    request.report.errors = reportedErrors([formatted]);
    const accept = request.headers.get('accept');
    return {
      status: statusWithType(status, accept),
      headers: new Map([
        ['content-type', `${responseType(accept)}; charset=utf-8`],
        ...(error instanceof TenantLimitReached ? [['retry-after', error.retryAfter] as const] : []),
      ]),
      body: `${JSON.stringify({ errors: [formatted] })}\n`,
    };
  };

  const refusedWhole = (request: GraphQLHttpRequest, error: unknown): GraphQLHttpResponse => {
    if (error instanceof TenantLimitReached) return refused(request, 429, error);
    return refused(request, error instanceof AtlasError ? statusOfRefusal(error.code) : 500, error);
  };

  async function callerOf(request: GraphQLHttpRequest): Promise<Caller> {
    const caller = await identify(request);
    if (caller !== null) return caller;
    const anonymous = { subject: null, grants: null, expiresAt: null };
    if (defaultTenant !== null) return { tenantId: defaultTenant, ...anonymous };
    if (asksOnlyForSdl(request)) return { tenantId: SHARED_TENANT, ...anonymous };
    throw callerMissing(authentication);
  }

  async function answer(
    request: GraphQLHttpRequest,
    known?: Caller,
    events: RequestedEvents | null = null,
  ): Promise<Answered> {
    let caller: Caller;
    let admission: Admission;
    try {
      querySize.check(queryText(request)?.query ?? '');
      if (known !== undefined) checkExpiry(known, parts.clock.now());
      caller = known ?? (await callerOf(request));
      admission = tenants.enter(caller.tenantId, request.signal);
    } catch (error) {
      return { response: refusedWhole(request, error) };
    }
    try {
      return await answerTo(caller, admission.budget, request, events);
    } finally {
      admission.leave();
    }
  }

  async function answerTo(
    caller: Caller,
    budget: CostBudget,
    request: GraphQLHttpRequest,
    events: RequestedEvents | null,
  ): Promise<Answered> {
    let context: RequestContext;
    let admitted: GraphQLHttpRequest;
    try {
      admitted = documents.admit(request, caller.tenantId);
      checkSubscriptionRoot(queryText(admitted)?.query ?? '');
      if (events !== null) admitted = subscriptionAsPost(admitted);
      const freshness = parseFreshnessHeaders(request.headers, parts.tokenScope);
      // Before the schema is chosen, since it has the typed fields of the catalog.
      await parts.attributes.atLeast(freshness.after?.catalogRevision ?? 0, request.signal);
      context = createContext(parts, {
        caller,
        budget,
        headerFreshness: freshness,
        signal: request.signal,
        report: request.report,
        isExplained: (request.headers.get(EXPLAIN_HEADER) ?? 'false') !== 'false',
        events,
        event: null,
      });
    } catch (error) {
      return { response: refusedWhole(request, error) };
    }
    const response = await tracedOperation(tracing, request.report, () =>
      registry.run(context.catalog, (server) => execute(server, admitted, context)),
    );
    return { response, operation: { admitted, context } };
  }

  /** Executes the operation of a subscription for one of its events, with the rights and the catalog of now. */
  async function answerEvent({ admitted, context: { caller, events } }: Operation, event: ChangeEvent) {
    const report = new RequestReport(admitted.report.id);
    const signal = events?.signal ?? admitted.signal;
    const context = createContext(parts, {
      ...{ caller, event, signal, report },
      ...{ budget: NO_BUDGET, headerFreshness: {}, isExplained: false, events: null },
    });
    context.collector.add(event.freshness, 1);
    const { body } = await registry.run(context.catalog, (server) => execute(server, { ...admitted, report }, context));
    return { body, hasErrors: (report.errors ?? []).length > 0 };
  }

  async function openEvents(
    request: GraphQLHttpRequest,
    signal: AbortSignal,
    caller: Caller | undefined,
  ): Promise<StreamedAnswer> {
    const events: RequestedEvents = { signal, opened: null };
    const { response, operation } = await answer(request, caller, events);
    const subscription = events.opened;
    if (subscription === null || operation === undefined) return { kind: 'whole', response };
    const { tenantId, cost } = operation.context;
    const budget = tenants.eventBudget(tenantId);
    const answers = new EventAnswers({
      subscription,
      onEnd: (code) => options.onSubscriptionEnd?.(code),
      answer: (event) => {
        checkExpiry(operation.context.caller, parts.clock.now());
        budget.spend(cost.requested);
        options.onEvent?.();
        return answerEvent(operation, event);
      },
      format: (error) => formatError({ message: String(error) }, error),
      cursorAt: (positions) => encodeToken({ positions, catalogRevision: 0 }, parts.tokenScope),
    });
    return { kind: 'events', answers };
  }

  function track<T>(work: Promise<T>): Promise<T> {
    const end = () => void running.delete(done);
    const done: Promise<void> = work.then(end, end);
    running.add(done);
    return work;
  }

  return {
    async handle(request) {
      if (stopping) {
        return refused(request, 503, new AtlasError('SHARD_UNAVAILABLE', 'The server is stopping; retry.'));
      }
      try {
        return (await track(answer(request))).response;
      } catch (error) {
        return refused(request, 500, error);
      }
    },
    async stream(request, signal, caller) {
      try {
        return await track(openEvents(request, signal, caller));
      } catch (error) {
        return { kind: 'whole', response: refused(request, 500, error) };
      }
    },
    identify: callerOf,
    subscriptions: feeds,
    endSubscriptions: () => feeds.stop(),
    async stop() {
      stopping = true;
      feeds.stop();
      grace.begin();
      const isOver = new Promise<void>((resolve) => {
        if (grace.over.aborted) resolve();
        else grace.over.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([Promise.all(running), isOver]);
      registry.stop();
    },
  };
}

async function execute(
  server: ApolloServer<RequestContext>,
  { method, headers, body, search, report }: GraphQLHttpRequest,
  context: RequestContext,
): Promise<GraphQLHttpResponse> {
  const httpGraphQLRequest: HTTPGraphQLRequest = { method, headers: new HeaderMap(headers), body, search };
  const response = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => context });
  if (response.body.kind !== 'complete')
    throw new TypeError('The response is incremental, which no client can request');
  // A request without a document is refused before any plugin sees it.
  report.errors ??= reportedErrors((JSON.parse(response.body.string) as { errors?: [] }).errors);
  return { status: response.status ?? 200, headers: response.headers, body: response.body.string };
}
