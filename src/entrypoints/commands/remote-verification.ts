import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { RunVerification } from '../../verification/run-verification.ts';
import type { ShardResult, VerificationEvent } from '../../verification/verification-event.ts';

/** Lets the running embedded stack compare its shards: ClickHouse is in its process. @param http its URL. */
export function verifyRemotely(http: string): RunVerification {
  return async (request, onEvent, signal) => {
    const results: ShardResult[] = [];
    try {
      const response = await fetch(`${http}/verification`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal,
      }).catch((cause: unknown) => {
        throw new Error(`The stack at ${http} does not answer; start "atlas dev", or set ATLAS_SHARDS.`, { cause });
      });
      if (!response.ok || response.body === null) {
        throw new Error(`${http} does not compare its shards (${response.status}); is it "atlas dev" of this version?`);
      }
      const lines = createInterface(Readable.fromWeb(response.body as ReadableStream));
      for await (const line of lines) {
        const event = JSON.parse(line) as VerificationEvent;
        onEvent(event);
        if (event.kind === 'shard') results.push(event.result);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return results;
  };
}
