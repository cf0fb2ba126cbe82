// Compiled only: what the helper's types let a test write, and what they do not.
import { openWorld, startServer, VidmockError, type World } from "vidmock-node";

const server = await startServer({ options: ["--any-model"] });
const mock: World = await openWorld({ url: server.url, clock: "manual" });
await mock.faults.add("edge_page", { phase: "poll", nth: 2, arguments: { status: 504 } });
// @ts-expect-error there is no such phase
await mock.faults.add("edge_page", { phase: "during" });
// @ts-expect-error a clock has a mode, which is a text
await mock.clock.set(3);
await mock.clock.advance(90);
const variables: Record<string, string> = await mock.environment();
const failed: Error = new VidmockError("no server");
await mock.close();
await server.close();
export { failed, variables };
