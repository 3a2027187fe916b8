/** As `Promise.all`, but rejects, with the first reason in their order, only once none of them is under way any more. */
export async function allEnded<T>(running: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}
