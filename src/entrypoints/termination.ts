/**
 * The only handler of SIGINT, SIGTERM and SIGHUP. The first signal aborts; later ones have no effect, because npm and the
 * terminal often deliver the same Ctrl-C twice.
 */
export function onTermination(): { readonly signal: AbortSignal; readonly requested: Promise<void> } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    const stop = (): void => {
      controller.abort(new Error('stopped by a signal'));
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
  return { signal: controller.signal, requested };
}
