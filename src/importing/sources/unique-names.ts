/**
 * Column names without repetition: an empty one becomes `column N` (its place, from 1), one that was there before is
 * followed by a number.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>(['__proto__']);
  return names.map((name, index) => {
    const base = name.trim() === '' ? `column ${index + 1}` : name;
    let unique = base;
    for (let suffix = 2; taken.has(unique); suffix++) unique = `${base} ${suffix}`;
    taken.add(unique);
    return unique;
  });
}
