import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';

/** The default, 11, is for what is compressed once and sent often. */
const BROTLI_QUALITY = 4;

/** Compresses the responses of a scope for clients that accept it, on other threads than that of the event loop. */
export async function compressResponses(scope: FastifyInstance, fromBytes: number): Promise<void> {
  await scope.register(compress, {
    global: true,
    threshold: fromBytes,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
  });
}
