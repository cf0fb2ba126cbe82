export default { test: { globals: true, globalSetup: "vidmock-node/global-setup", testTimeout: 60_000 } };
