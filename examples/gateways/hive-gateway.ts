/**
 * Freshness with Hive Gateway: forwards the client's freshness headers to the subgraphs, and returns the freshness they
 * report in the gateway's response headers and extensions. Without this, freshness is returned in the data only.
 */
import { createGatewayRuntime, type GatewayPlugin, type GatewayRuntime } from '@graphql-hive/gateway';
import { FRESHNESS_REQUEST_HEADERS, type SubgraphFreshness, worst } from './merge-freshness.ts';

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

export function createHiveGateway(supergraphSdl: string): GatewayRuntime {
  return createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) =>
        Object.fromEntries(FRESHNESS_REQUEST_HEADERS.map((name) => [name, request.headers.get(name)])),
    },
    plugins: () => [useFreshness()],
  });
}
