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

const all: Compressors = { ...compressors, LZ4: lz4 };

/** Decompressors of every codec. The dictionary of a column without values is an empty page, which LZ4's cannot read. */
export const DECOMPRESSORS: Compressors = Object.fromEntries(
  Object.entries(all).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number) => (length === 0 ? new Uint8Array(0) : decompress(input, length)),
  ]),
);
