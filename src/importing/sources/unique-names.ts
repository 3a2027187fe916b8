/**
 * Makes column names unique. An empty name becomes `column N` (N is its position, from 1); a repeated name is suffixed with a
 * number.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    const base = name.trim() === '' ? `column ${index + 1}` : name;
    let unique = base;
    for (let suffix = 2; taken.has(unique); suffix++) unique = `${base} ${suffix}`;
    taken.add(unique);
    return unique;
  });
}
