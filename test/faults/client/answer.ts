/** One entry of `ReadFreshness` in the data. */
export interface ReportedFreshness {
  readonly source: string;
  readonly requestedClass: string;
  readonly servedClass: string | null;
  readonly lagMs: number | null;
  readonly stale: boolean;
  readonly fellBack: boolean;
  readonly reason: string;
  readonly dataTimestamp: string;
  readonly sourceTimestamp: string | null;
  readonly health: string;
  readonly shard: string | null;
  readonly token: string;
}

export interface ReportedRead {
  readonly shard: string | null;
  readonly source: string;
  readonly requested: { readonly class: string; readonly maxLagMs: number; readonly fallback: string };
  readonly lagMs: number | null;
  readonly dataTimestamp: string | null;
  readonly sourceTimestamp: string | null;
  readonly reason: string;
  readonly fellBack: boolean;
  readonly stale: boolean;
  readonly entities: number;
}

/** `extensions.freshness`. */
export interface ReportedSummary {
  readonly servedClass: string | null;
  readonly maxLagMs: number | null;
  readonly health: string;
  readonly reads: readonly ReportedRead[];
  readonly token: string;
}

export interface ReportedError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly [detail: string]: unknown };
}

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a server answered, and when the request was sent and answered, in milliseconds on the harness's clock. */
export interface Answer {
  readonly request: GraphQLRequest;
  readonly url: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly ReportedError[];
  readonly freshness: ReportedSummary | null;
}

/** The connection broke, or nothing came in time: whether the server has acted is not known. */
export class NoAnswer extends Error {}

export function codesOf({ errors }: Answer): readonly string[] {
  return errors.map(({ extensions }) => extensions.code);
}
