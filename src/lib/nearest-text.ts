/** With more edits than this, a word is a different word and not a misspelling. */
const MAX_EDITS = 3;

/** The candidate with the fewest edits (insertions, deletions, replacements) from `text`; null if none is close. */
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

/** Levenshtein distance, capped at `limit`. Only cells less than `limit` from the diagonal can count. */
function editDistance(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  let next = row.slice();
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit + 1);
    const to = Math.min(b.length, i + limit - 1);
    next.fill(limit);
    next[0] = i;
    let least = Math.min(i, limit);
    for (let j = from; j <= to; j++) {
      const replaced = (row[j - 1] ?? limit) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const edits = Math.min(replaced, (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1);
      next[j] = edits;
      if (edits < least) least = edits;
    }
    if (least >= limit) return limit;
    [row, next] = [next, row];
  }
  return Math.min(limit, row[b.length] ?? limit);
}
