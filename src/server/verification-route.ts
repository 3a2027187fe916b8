import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RunVerification, VerificationRequest } from '../verification/run-verification.ts';
import type { VerificationEvent } from '../verification/verification-event.ts';

const requestSchema = z.strictObject({
  shards: z.array(z.string()).nullable(),
  tenantId: z.number().int().positive().nullable(),
  repair: z.boolean(),
  primary: z.boolean(),
  values: z.boolean(),
}) satisfies z.ZodType<VerificationRequest>;

/**
 * How `atlas verify` reaches the process that holds ClickHouse. Only for one that nobody else can reach, because it shows the data of every tenant. The answer is one event a line. Browsers
 * send JSON to other origins only if those allow it, which this one does not.
 */
export function verificationRoute(app: FastifyInstance, run: RunVerification): void {
  app.post('/verification', (request, reply) => {
    const isJson = request.headers['content-type']?.startsWith('application/json') === true;
    const parsed = requestSchema.safeParse(request.body);
    if (!isJson || !parsed.success) {
      return reply.code(400).send({ error: 'Expected JSON as "atlas verify" sends it; update it to this version.' });
    }
    const lines = new PassThrough();
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(new Error('The client has gone')));
    const onEvent = (event: VerificationEvent) => lines.write(`${JSON.stringify(event)}\n`);
    void run(parsed.data, onEvent, gone.signal).then(
      () => lines.end(),
      (error: Error) => lines.destroy(error),
    );
    return reply.type('application/x-ndjson').header('cache-control', 'no-store').send(lines);
  });
}
