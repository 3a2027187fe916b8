import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.ts';

/** Parts of an upload, which are in memory until they are stored; so many are on their way at once. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
const CONNECT_TIMEOUT_MS = 5_000;
/** Of a request until its answer begins, and of reading the answer. The SDK tries a request three times. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface S3Place {
  readonly bucket: string;
  /** Without slashes around it; empty: the whole bucket. */
  readonly prefix: string;
  /** Whether the endpoint is not that of AWS: the bucket is then in the path of its URLs. */
  readonly hasOwnEndpoint: boolean;
  /** How long the bucket may take to answer a request, and then to send what it answers. Default: a minute each. */
  readonly timeoutMs?: number;
}

/** Objects of a bucket. Region, endpoint and credentials are those that the SDK finds in the environment. */
export class S3Store implements ObjectStore {
  readonly place: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;
  readonly #timeoutMs: number;

  constructor({ bucket, prefix, hasOwnEndpoint, timeoutMs = REQUEST_TIMEOUT_MS }: S3Place) {
    this.#timeoutMs = timeoutMs;
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.place = `s3://${bucket}/${prefix}`;
    this.#client = new S3Client({
      forcePathStyle: hasOwnEndpoint,
      // Servers other than AWS do not know all of them. What is written is read again and compared by its SHA-256.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        ...{ connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs), socketTimeout: timeoutMs },
        // Without the last one, the SDK only warns.
        ...{ requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      },
    });
  }

  async write(name: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    async function* watched() {
      try {
        yield* content;
      } catch (error) {
        failure = { error };
        throw error;
      }
    }
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#object(name), Body: Readable.from(watched(), { objectMode: false }) },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
    });
    const abort = () => void upload.abort().catch(() => {});
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } catch (error) {
      signal?.throwIfAborted();
      const own = failure as { readonly error: unknown } | null;
      throw own === null ? this.#explained(error) : own.error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async open(name: string, signal?: AbortSignal): Promise<StoredObject | null> {
    const abort = signal === undefined ? {} : { abortSignal: signal };
    try {
      const { ContentLength: byteLength = 0 } = await this.#client.send(
        new HeadObjectCommand(this.#object(name)),
        abort,
      );
      return {
        byteLength,
        slice: async (start, end = byteLength) => {
          if (end <= start) return new ArrayBuffer(0);
          try {
            const range = { ...this.#object(name), Range: `bytes=${start}-${end - 1}` };
            const { Body: body } = await this.#client.send(new GetObjectCommand(range), abort);
            const bytes = body === undefined ? undefined : await this.#bytesOf(body);
            if (bytes?.length !== end - start)
              throw new ObjectStoreError(`${this.place} answers less than was asked for.`);
            return new Uint8Array(bytes).buffer;
          } catch (error) {
            throw this.#explained(error, signal);
          }
        },
      };
    } catch (error) {
      if (
        error instanceof S3ServiceException &&
        error.$metadata.httpStatusCode === 404 &&
        error.name !== 'NoSuchBucket'
      ) {
        return null;
      }
      throw this.#explained(error, signal);
    }
  }

  async list(prefix: string, signal?: AbortSignal): Promise<readonly string[]> {
    const abort = signal === undefined ? {} : { abortSignal: signal };
    const names: string[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.#client.send(
          new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.#prefix + prefix, ContinuationToken: token }),
          abort,
        );
        for (const { Key: key } of page.Contents ?? [])
          if (key !== undefined) names.push(key.slice(this.#prefix.length));
        token = page.NextContinuationToken;
      } while (token !== undefined);
    } catch (error) {
      throw this.#explained(error, signal);
    }
    return names.sort();
  }

  async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    const abort = signal === undefined ? {} : { abortSignal: signal };
    try {
      for (const name of names) await this.#client.send(new DeleteObjectCommand(this.#object(name)), abort);
    } catch (error) {
      throw this.#explained(error, signal);
    }
  }

  /** The timeouts of the SDK end when an answer begins. */
  async #bytesOf(body: NonNullable<GetObjectCommandOutput['Body']>): Promise<Uint8Array> {
    const late = new ObjectStoreError(`${this.place} has not sent an object within ${this.#timeoutMs} ms.`);
    const timer = setTimeout(() => (body as unknown as Readable).destroy(late), this.#timeoutMs);
    try {
      return await body.transformToByteArray();
    } finally {
      clearTimeout(timer);
    }
  }

  #object(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }

  /** An error of the SDK may hold the id of a key, a signature or a whole request: only its name and message are kept. */
  #explained(error: unknown, signal?: AbortSignal): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (error instanceof ObjectStoreError || !(error instanceof Error)) return error;
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    const told = error.message === '' || error.message === 'UnknownError' ? '' : `: ${error.message}`;
    return new ObjectStoreError(`${this.place} refuses, or does not answer: ${code}${told}`);
  }
}
