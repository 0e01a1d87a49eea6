// Listens to each of the signals until one of them is aborted, or until `clear()`.
function anySignal(signals) {
  const controller = new AbortController();
  const clear = () => {
    for (const signal of signals) signal?.removeEventListener('abort', onAbort);
  };
  function onAbort() {
    controller.abort(signals.find((signal) => signal?.aborted)?.reason);
    clear();
  }
  for (const signal of signals) signal?.addEventListener('abort', onAbort);
  if (signals.some((signal) => signal?.aborted)) onAbort();
  return Object.assign(controller.signal, { clear });
}

module.exports = { anySignal };
