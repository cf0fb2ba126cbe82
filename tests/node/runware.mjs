// Drives @runware/sdk-js against a mock: `node runware.mjs WS_URL KEY SCENARIO [MARKER]`. Prints its findings as one line of JSON.
import { RunwareServer } from "@runware/sdk-js";

const [url, apiKey, scenario, marker] = process.argv.slice(2);
const ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11";
const TASK = {
  model: "klingai:kling@o1-standard",
  positivePrompt: "a red kite over dunes",
  width: 1280,
  height: 720,
  duration: 5,
};

const connect = async (options = {}) => {
  const client = new RunwareServer({ apiKey, url, timeoutDuration: 60000, ...options });
  await client.ensureConnection();
  return client;
};

const caught = async (call) => {
  try {
    return { result: await call() };
  } catch (error) {
    return { error: error?.error ?? error?.message ?? error };
  }
};

const scenarios = {
  async generate() {
    const client = await connect();
    const made = await client.videoInference({ ...TASK, numberResults: 2, includeCost: true });
    return [made].flat().map(({ videoURL, videoUUID, cost, status }) => ({ videoURL, videoUUID, cost, status }));
  },
  async invalid() {
    const client = await connect();
    return caught(() => client.videoInference({ ...TASK, duration: 7, customTaskUUID: ID, retry: 1 }));
  },
  async duplicate() {
    const client = await connect();
    await client.videoInference({ ...TASK, customTaskUUID: ID });
    return caught(() => client.videoInference({ ...TASK, customTaskUUID: ID, retry: 1 }));
  },
  async refused() {
    return caught(() => connect({ shouldReconnect: false }));
  },
  async dropped() {
    const client = await connect();
    const made = await client.videoInference({ ...TASK, positivePrompt: "a kite [[vidmock: lost at=poll]]" });
    return [made].flat().map(({ videoURL }) => videoURL);
  },
  async marked() {
    const client = await connect();
    const made = await client.videoInference({ ...TASK, positivePrompt: `a kite [[vidmock: ${marker}]]`, retry: 1 });
    return [made].flat().map(({ videoURL }) => videoURL);
  },
  async details() {
    const client = await connect();
    await client.videoInference({ ...TASK, customTaskUUID: ID });
    return client.getTaskDetails({ taskUUID: ID });
  },
  async pictures() {
    const client = await connect();
    const small = { model: "runware:100@1", numberResults: 1, width: 512, height: 512, steps: 4 };
    const one = await client.requestImages({ ...small, positivePrompt: "a mountain landscape", includeCost: true });
    const [rose, sky] = await Promise.all(
      ["a red rose", "a blue sky"].map((positivePrompt) => client.requestImages({ ...small, positivePrompt })),
    );
    const path = await client.imageInference({ ...small, positivePrompt: "a forest path" });
    const wrong = await caught(() =>
      client.requestImages({ ...small, positivePrompt: "test", model: "nonexistent:999@999", retry: 1 }),
    );
    const edited = await client.requestImages({
      ...small,
      positivePrompt: "a forest path",
      seedImage: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      strength: 0.5,
      checkNSFW: true,
      outputFormat: "WEBP",
      outputType: "dataURI",
    });
    return { one, rose, sky, path, wrong, edited };
  },
  async dry() {
    const client = await connect({ dryRun: true });
    return caught(() => client.videoInference({ ...TASK, duration: 7, retry: 1 }));
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
// The client keeps its heartbeat going, and with it the process.
process.exit(0);
