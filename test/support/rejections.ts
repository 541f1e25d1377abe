/**
 * Mocha 12 passes over a rejected promise that nobody holds, and the daemon ends of one: with this the running test fails.
 * Mocha's own listener hands it on to this one. Not for tests over a window's connection, whose library leaves such behind.
 */
process.on("unhandledRejection", (reason) => {
  throw reason;
});
