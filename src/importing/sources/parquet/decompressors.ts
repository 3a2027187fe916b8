import { gunzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors, decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';

/**
 * LZ4 pages in Hadoop's frames, as older writers made them, or without (Arrow writes both under this name): if the bytes are not
 * frames, the decoder may fail in any way before it finds out.
 */
function lz4(input: Uint8Array, length: number): Uint8Array {
  try {
    return decompressLz4(input, length);
  } catch {
    return decompressLz4Raw(input, length);
  }
}

/** Ends as soon as a page is larger than its header says. */
const gzip = (input: Uint8Array, length: number): Uint8Array => gunzipSync(input, { maxOutputLength: length });

const all: Compressors = { ...compressors, LZ4: lz4, GZIP: gzip };

/**
 * Decompressors of every codec, for pages of `maxBytes` in total, whatever the footer says about them. The dictionary of a column
 * without values is an empty page, which LZ4's cannot read.
 */
export function decompressorsUpTo(maxBytes: number): Compressors {
  let bytes = 0;
  const bounded =
    (decompress: NonNullable<Compressors[keyof Compressors]>) =>
    (input: Uint8Array, length: number): Uint8Array => {
      bytes += Math.max(length, 0);
      if (bytes > maxBytes) throw new Error(`its pages hold more than ${maxBytes} bytes`);
      return length === 0 ? new Uint8Array(0) : decompress(input, length);
    };
  return Object.fromEntries(Object.entries(all).map(([codec, decompress]) => [codec, bounded(decompress)]));
}
