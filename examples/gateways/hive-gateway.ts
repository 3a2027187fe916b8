/**
 * Atlas behind Hive Gateway: verifies clients, tells Atlas who they are, forwards the client's headers for freshness and traces to the subgraphs, and returns the freshness they
 * report in the gateway's response headers and extensions. Without this, freshness is returned in the data only.
 */
import { createGatewayRuntime, type GatewayPlugin, type GatewayRuntime } from '@graphql-hive/gateway';
import { type ClientIdentity, type GatewaySecrets, identifyClient, identityHeaders } from './client-identity.ts';
import { FORWARDED_HEADERS, type SubgraphFreshness, worst } from './merge-freshness.ts';

function useFreshness(): GatewayPlugin {
  const answers = new WeakMap<object, SubgraphFreshness[]>();
  const responseHeaders = new WeakMap<Request, ReadonlyMap<string, string>>();
  return {
    onSubgraphExecute({ executionRequest }) {
      return ({ result }) => {
        const context = executionRequest.context;
        const freshness =
          'extensions' in result ? (result.extensions?.freshness as SubgraphFreshness | undefined) : undefined;
        if (context === undefined || freshness === undefined) return;
        answers.set(context, [...(answers.get(context) ?? []), freshness]);
      };
    },
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          const merged = worst(answers.get(args.contextValue) ?? []);
          if (merged === null || Symbol.asyncIterator in result) return;
          setResult({ ...result, extensions: { ...result.extensions, freshness: merged.extension } });
          responseHeaders.set(args.contextValue.request, merged.headers);
        },
      };
    },
    onResponse({ request, response }) {
      for (const [name, value] of responseHeaders.get(request) ?? []) response.headers.set(name, value);
    },
  };
}

/** Requests of unknown clients end here; those to Atlas say who the client is. */
function useClientIdentity(secrets: GatewaySecrets): GatewayPlugin {
  const clients = new WeakMap<Request, ClientIdentity>();
  return {
    async onRequest({ request, endResponse, fetchAPI }) {
      const client = await identifyClient(request.headers.get('authorization'), secrets.clients);
      if (client !== null) clients.set(request, client);
      else
        endResponse(fetchAPI.Response.json({ errors: [{ message: 'Send a valid bearer token.' }] }, { status: 401 }));
    },
    onFetch({ url, options, setOptions, context, executionRequest }) {
      const client = 'request' in context ? clients.get(context.request) : undefined;
      if (client === undefined || executionRequest?.subgraphName !== 'atlas') return;
      const sent = { url, method: options.method ?? 'POST', body: String(options.body ?? '') };
      setOptions({ ...options, headers: { ...options.headers, ...identityHeaders(client, sent, secrets.atlas) } });
    },
  };
}

export function createHiveGateway(supergraphSdl: string, secrets: GatewaySecrets): GatewayRuntime {
  return createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) =>
        Object.fromEntries(FORWARDED_HEADERS.map((name) => [name, request.headers.get(name)])),
    },
    plugins: () => [useClientIdentity(secrets), useFreshness()],
  });
}
