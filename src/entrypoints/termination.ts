/**
 * The one owner of SIGINT and SIGTERM. The first signal aborts; npm and the terminal often deliver the same Ctrl-C
 * twice, so later ones only say that stopping goes on.
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
