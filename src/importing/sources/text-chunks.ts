import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { AtlasError } from '../../domain/errors.ts';

/**
 * The text of a UTF-8 file in chunks, without its byte-order mark.
 * @throws AtlasError BAD_USER_INPUT if the file is not UTF-8.
 */
export async function* textChunks(path: string, advance: (fraction: number) => void): AsyncGenerator<string> {
  const { size } = await stat(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const text = decode(decoder, chunk, path, bytes);
    bytes += chunk.length;
    advance(size === 0 ? 1 : bytes / size);
    if (text.length > 0) yield text;
  }
  const rest = decode(decoder, null, path, bytes);
  if (rest.length > 0) yield rest;
}

function decode(decoder: TextDecoder, chunk: Buffer | null, path: string, offset: number): string {
  try {
    return chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${path} is not valid UTF-8 (near byte ${offset}); convert it first, for example with "iconv -f latin1 -t utf-8".`,
      { cause },
    );
  }
}
