/**
 * A file or folder of this package, by its path from the folder of `package.json`. `src/lib/` is as deep in it as `dist/atlas/`, in which
 * the code of all modules is bundled.
 */
export function packageFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
