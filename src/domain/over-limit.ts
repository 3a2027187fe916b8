/** The hint of an error about a limit that a setting of the server sets. @param remedy what the client can do, without a full stop. */
export function overLimit(remedy: string, setting: `ATLAS_${string}`): string {
  return `${remedy}, or have ${setting} raised.`;
}
