// One server for a whole run: `globalSetup` of Vitest, which calls what is returned, and of Jest, which does not.

import { startServer } from "./index.js";

export default async function setUp() {
  if (process.env.VIDMOCK_URL) return undefined;
  const server = await startServer();
  process.env.VIDMOCK_URL = server.url;
  globalThis.vidmockServer = server;
  return tearDown;
}

export async function tearDown() {
  if (!globalThis.vidmockServer) return;
  await globalThis.vidmockServer.close();
  delete globalThis.vidmockServer;
  delete process.env.VIDMOCK_URL;
}
