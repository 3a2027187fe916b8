import { DirectoryStore } from './directory-store.ts';
import type { ObjectStore } from './object-store.ts';

const BUCKET = /^s3:\/\/([^/]+)\/?(.*?)\/*$/;

/** @param place a directory, or s3://bucket/prefix. @param hasOwnEndpoint whether S3 is spoken to at another endpoint than that of AWS. */
export async function openObjectStore(place: string, hasOwnEndpoint: boolean): Promise<ObjectStore> {
  const [, bucket, prefix = ''] = BUCKET.exec(place) ?? [];
  if (bucket === undefined) return new DirectoryStore(place);
  // Only who has a bucket loads the SDK.
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store({ bucket, prefix, hasOwnEndpoint });
}
