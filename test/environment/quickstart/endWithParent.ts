/**
 * Loaded into the operator before its own program (node --import): it ends when the quickstart does, even by a SIGKILL, as then the IPC
 * channel between the two is closed.
 */
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  // It has some seconds to end what is in flight.
  setTimeout(() => process.exit(1), 10_000).unref();
});
// The channel alone mustn't keep an operator that is through.
process.channel?.unref();
