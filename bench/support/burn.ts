/** A process that keeps one core busy between the messages `start` and `stop`. */
let isBusy = false;

const SLICE_MS = 20;

function burn(): void {
  if (!isBusy) return;
  const until = performance.now() + SLICE_MS;
  while (performance.now() < until);
  setImmediate(burn);
}

process.on('message', (message: 'start' | 'stop') => {
  isBusy = message === 'start';
  burn();
});
process.on('disconnect', () => process.exit());
