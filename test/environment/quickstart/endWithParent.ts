/**
 * Loaded into the operator with `node --import`. Ends the operator when the quickstart ends, even by SIGKILL, because that closes the IPC
 * channel.
 */
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  // Time to complete changes in flight.
  setTimeout(() => process.exit(1), 10_000).unref();
});
// The channel alone must not keep the process alive.
process.channel?.unref();
