import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AtlasError } from '../../domain/errors.ts';

const COMPRESSIONS = [
  { name: 'gzip', magic: '1f8b', decoder: async (): Promise<Transform> => createGunzip() },
  { name: 'Zstandard', magic: '28b52ffd', decoder: zstdDecoder },
] as const;

/** Of the names of compressed files, behind that of their format. */
export const COMPRESSED_ENDING = /\.(?:gz|gzip|zst|zstd)$/i;

/**
 * The bytes of a file, decompressed if it begins like one of gzip or Zstandard, whatever its name is: no text begins like that.
 * @param onRead called with how many bytes of the file itself have been read.
 * @throws AtlasError BAD_USER_INPUT if the compressed data is damaged or incomplete.
 */
export async function* decompressed(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const head = await firstBytes(path);
  const compression = COMPRESSIONS.find(({ magic }) => head.startsWith(magic));
  const file = createReadStream(path);
  let bytes: Readable = file;
  if (compression !== undefined) {
    const decoder = await compression.decoder();
    file.on('error', (error) => decoder.destroy(error));
    bytes = file.pipe(decoder);
  }
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      onRead(file.bytesRead);
      yield chunk;
    }
  } catch (cause) {
    if (compression === undefined || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    const message = `${path} is not valid ${compression.name} (${(cause as Error).message}); expected a complete file.`;
    throw new AtlasError('BAD_USER_INPUT', message, { cause });
  } finally {
    file.destroy();
  }
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await file.close();
  }
}

/** Node 20 has none of its own. */
async function zstdDecoder(): Promise<Transform> {
  const { Decompress } = await import('fzstd');
  const decoder = new Decompress();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      decoder.ondata = (bytes) => this.push(bytes);
      attempt(() => decoder.push(chunk), done);
    },
    flush(done) {
      attempt(() => decoder.push(new Uint8Array(0), true), done);
    },
  });
}

function attempt(work: () => void, done: TransformCallback): void {
  try {
    work();
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}
