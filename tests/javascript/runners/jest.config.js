export default {
  globalSetup: "vidmock-node/global-setup",
  globalTeardown: "vidmock-node/global-teardown",
  testTimeout: 60_000,
  transform: {},
};
