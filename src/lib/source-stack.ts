import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAME = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g;

/** By the URL of a bundled file; null: has none. */
const sourceMaps = new Map<string, SourceMap | null>();

/**
 * A stack trace with the lines of the sources in place of those of the bundle, as far as there are source maps. For what is rarely logged:
 * the first trace takes tens of milliseconds. That Node does it for each (`--enable-source-maps`) would make every failing field slow,
 * because GraphQL asks for the traces of all.
 */
export function sourceStack(stack: string): string {
  return stack.replaceAll(FRAME, (frame, url: string, line: string, column: string) => {
    try {
      const entry = sourceMapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry) || entry.originalSource === '') return frame;
      const path = fileURLToPath(new URL(entry.originalSource, url));
      return `${path}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    } catch {
      // A map that cannot be followed: the frame of the bundle is better than none.
      return frame;
    }
  });
}

function sourceMapOf(url: string): SourceMap | null {
  const known = sourceMaps.get(url);
  if (known !== undefined) return known;
  const map = readSourceMap(url);
  sourceMaps.set(url, map);
  return map;
}

function readSourceMap(url: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}
