import type { TypedDocumentString } from './generated/graphql.ts';

export interface Answer<Result> {
  readonly data: Result;
  /** From the response headers: the stores that answered, and the largest lag among them. */
  readonly freshness: {
    readonly source: string | null;
    readonly servedClass: string | null;
    readonly lagMs: number | null;
  };
}

/** Sends one typed document. @throws Error with the server's messages if it reports errors. */
export async function execute<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  freshness: 'realtime' | 'interactive' | 'operational' | 'analytical' | 'batch' = 'interactive',
): Promise<Answer<Result>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-freshness-requirement': freshness },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const answer = (await response.json()) as { data?: Result; errors?: { message: string }[] };
  if (answer.errors !== undefined || answer.data === undefined) {
    throw new Error(answer.errors?.map((error) => error.message).join('\n') ?? `HTTP ${response.status}`);
  }
  const lag = response.headers.get('x-actual-lag-ms');
  return {
    data: answer.data,
    freshness: {
      source: response.headers.get('x-data-source'),
      servedClass: response.headers.get('x-data-freshness'),
      lagMs: lag === null ? null : Number(lag),
    },
  };
}
