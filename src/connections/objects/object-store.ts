/** Named contents: files below a directory, or objects of a bucket. Names have parts with `/` between them. */
export interface ObjectStore {
  /** For people. */
  readonly place: string;
  /**
   * The object appears when all of its content is stored, in place of one that was there, or not at all.
   * @throws ObjectStoreError, and what the content throws.
   */
  write(name: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Null: there is none. @throws ObjectStoreError */
  open(name: string, signal?: AbortSignal): Promise<StoredObject | null>;
  /** Also of what was never completed, where that can be seen. @throws ObjectStoreError */
  list(prefix: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Those that are not there are removed already. @throws ObjectStoreError */
  remove(names: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** An object that is there. It has the form in which `hyparquet` reads files. */
export interface StoredObject {
  readonly byteLength: number;
  /** @throws ObjectStoreError */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** What the file system or the bucket has answered. It contains no key, signature or request. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
}
