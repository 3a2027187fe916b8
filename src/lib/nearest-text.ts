/** With more edits than this, a word is a different word and not a misspelling. */
const MAX_EDITS = 3;

/**
 * The candidate with the fewest edits (insertions, deletions, replacements, two neighbours that changed places) from `text`; null if none is
 * close.
 */
export function nearestText(text: string, candidates: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(MAX_EDITS, Math.floor(text.length / 2)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= fewest) continue;
    const edits = editDistance(text, candidate, fewest);
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Optimal string alignment distance, capped at `limit`. Only cells less than `limit` from the diagonal can count. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = new Array(b.length + 1).fill(limit);
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  let next = row.slice();
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit + 1);
    const to = Math.min(b.length, i + limit - 1);
    next.fill(limit);
    next[0] = i;
    let least = Math.min(i, limit);
    for (let j = from; j <= to; j++) {
      const replaced = (row[j - 1] ?? limit) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const haveSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = haveSwapped ? (before[j - 2] ?? limit) + 1 : limit;
      const edits = Math.min(replaced, swapped, (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1);
      next[j] = edits;
      if (edits < least) least = edits;
    }
    // A swap reaches back by two rows.
    if (least >= limit && leastBefore >= limit) return limit;
    leastBefore = least;
    [before, row, next] = [row, next, before];
  }
  return Math.min(limit, row[b.length] ?? limit);
}
